#include "model/generator.h"

#include "model/batch_norm.h"
#include "model/one_hot.h"
#include "sizes.h"

namespace dcgan {

namespace nn = torch::nn;

static nn::ConvTranspose2d upsample(Map in, Map out, Window window) {
  return nn::ConvTranspose2d(nn::ConvTranspose2dOptions(in.channels, out.channels, window.side)
                                 .stride(window.stride)
                                 .padding(window.padding)
                                 .bias(false));
}

GeneratorImpl::GeneratorImpl(std::int64_t latent_dim, std::int64_t classes)
    : latent_dim(latent_dim), classes(classes) {
  linear = register_module(
      "linear", nn::Linear(nn::LinearOptions(latent_dim + classes, kDenseMap.values()).bias(false)));
  // As in the tutorial: one mean and variance for each of the 12,544 features, before the reshape.
  bn1 = register_module("bn1", nn::BatchNorm1d(kDenseMap.values()));
  conv1 = register_module("conv1", upsample(kDenseMap, kWideMap, kKeep));
  bn2 = register_module("bn2", nn::BatchNorm2d(kWideMap.channels));
  conv2 = register_module("conv2", upsample(kWideMap, kTallMap, kHalve));
  bn3 = register_module("bn3", nn::BatchNorm2d(kTallMap.channels));
  conv3 = register_module("conv3", upsample(kTallMap, kImage, kHalve));
}

torch::Tensor GeneratorImpl::forward(const torch::Tensor& latents, const torch::Tensor& labels,
                                     Peers* peers) {
  auto x = classes == 0 ? latents : torch::cat({latents, one_hot(labels, classes, latents.scalar_type())}, 1);
  x = torch::relu(batch_norm(bn1, linear(x), peers));
  x = x.view({-1, kDenseMap.channels, kDenseMap.side, kDenseMap.side});
  x = torch::relu(batch_norm(bn2, conv1(x), peers));  // 128 × 7 × 7
  x = torch::relu(batch_norm(bn3, conv2(x), peers));  // 64 × 14 × 14
  return torch::tanh(conv3(x));                       // 1 × 28 × 28
}

}  // namespace dcgan
