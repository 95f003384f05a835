#pragma once

#include <torch/torch.h>

namespace dcgan {

/// Maps latents (N × latent_dim, standard normal) to images (N × 1 × 28 × 28, in (-1, 1)).
class GeneratorImpl : public torch::nn::Module {
 public:
  explicit GeneratorImpl(std::int64_t latent_dim);
  torch::Tensor forward(const torch::Tensor& latents);

  torch::nn::Linear linear{nullptr};
  torch::nn::BatchNorm1d bn1{nullptr};
  torch::nn::ConvTranspose2d conv1{nullptr};
  torch::nn::BatchNorm2d bn2{nullptr};
  torch::nn::ConvTranspose2d conv2{nullptr};
  torch::nn::BatchNorm2d bn3{nullptr};
  torch::nn::ConvTranspose2d conv3{nullptr};
};
TORCH_MODULE(Generator);

}  // namespace dcgan
