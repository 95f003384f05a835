#pragma once

#include <torch/torch.h>

#include "model/masks.h"

namespace dcgan {

/// Maps images (N × 1 × 28 × 28) to features φ(x), and these to logits (N): positive for real, negative for
/// fake. With classes, the logit is φ(x)·w + φ(x)·w_y, the projection of the features on a vector for the
/// label (Miyato & Koyama 2018).
class DiscriminatorImpl : public torch::nn::Module {
 public:
  explicit DiscriminatorImpl(std::int64_t classes);
  torch::Tensor features(const torch::Tensor& images, const DropoutMasks& masks);
  /// `labels`: N, int64; undefined if there are no classes.
  torch::Tensor logits(const torch::Tensor& features, const torch::Tensor& labels);

  const std::int64_t classes;

  torch::nn::Conv2d conv1{nullptr};
  torch::nn::Conv2d conv2{nullptr};
  torch::nn::Linear linear{nullptr};
  torch::Tensor projection;  // classes × values of kHidden2; undefined if there are no classes
};
TORCH_MODULE(Discriminator);

}  // namespace dcgan
