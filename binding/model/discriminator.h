#pragma once

#include <torch/torch.h>

namespace dcgan {

/// What multiplies the two hidden activations: 0 for a dropped element, 1 / (1 - p) for a kept one.
/// Undefined tensors leave the activations as they are.
struct DropoutMasks {
  torch::Tensor hidden1;  // N × 64 × 14 × 14
  torch::Tensor hidden2;  // N × 128 × 7 × 7
};

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
