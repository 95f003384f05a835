#pragma once

#include <torch/torch.h>

#include "peers/peers.h"

namespace dcgan {

/// Maps latent vectors (N × latent_dim, standard normal) to images (N × 1 × 28 × 28, in (-1, 1)). With
/// classes, the one-hot label is appended to the latent vector (Mirza & Osindero 2014).
class GeneratorImpl : public torch::nn::Module {
 public:
  GeneratorImpl(std::int64_t latent_dim, std::int64_t classes);
  /// `labels`: N, int64; undefined if there are no classes. `peers`: null, or the other processes:
  /// in training mode, the statistics of the batch normalisation include their images.
  torch::Tensor forward(const torch::Tensor& latents, const torch::Tensor& labels, Peers* peers = nullptr);

  const std::int64_t latent_dim;
  const std::int64_t classes;

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
