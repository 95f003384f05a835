#pragma once

#include <torch/torch.h>

#include "random/dropout.h"

namespace dcgan {

/// Maps images (N × 1 × 28 × 28) to logits (N): positive for real, negative for fake.
class DiscriminatorImpl : public torch::nn::Module {
 public:
  DiscriminatorImpl();
  torch::Tensor forward(const torch::Tensor& images, const DropoutMasks& masks);

  torch::nn::Conv2d conv1{nullptr};
  torch::nn::Conv2d conv2{nullptr};
  torch::nn::Linear linear{nullptr};
};
TORCH_MODULE(Discriminator);

}  // namespace dcgan
