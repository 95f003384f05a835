#include "model/generator.h"

namespace dcgan {

namespace nn = torch::nn;

static nn::ConvTranspose2d upsample(std::int64_t in, std::int64_t out, std::int64_t kernel,
                                    std::int64_t stride, std::int64_t padding) {
  return nn::ConvTranspose2d(
      nn::ConvTranspose2dOptions(in, out, kernel).stride(stride).padding(padding).bias(false));
}

GeneratorImpl::GeneratorImpl(std::int64_t latent_dim) {
  linear = register_module("linear", nn::Linear(nn::LinearOptions(latent_dim, 7 * 7 * 256).bias(false)));
  // As in the tutorial: one mean and variance for each of the 12,544 features, before the reshape.
  bn1 = register_module("bn1", nn::BatchNorm1d(7 * 7 * 256));
  conv1 = register_module("conv1", upsample(256, 128, 5, 1, 2));
  bn2 = register_module("bn2", nn::BatchNorm2d(128));
  conv2 = register_module("conv2", upsample(128, 64, 4, 2, 1));
  bn3 = register_module("bn3", nn::BatchNorm2d(64));
  conv3 = register_module("conv3", upsample(64, 1, 4, 2, 1));
}

torch::Tensor GeneratorImpl::forward(const torch::Tensor& latents) {
  auto x = torch::relu(bn1(linear(latents)));
  x = x.view({-1, 256, 7, 7});
  x = torch::relu(bn2(conv1(x)));  // 128 × 7 × 7
  x = torch::relu(bn3(conv2(x)));  // 64 × 14 × 14
  return torch::tanh(conv3(x));    // 1 × 28 × 28
}

}  // namespace dcgan
