#include "model/discriminator.h"

namespace dcgan {

namespace nn = torch::nn;

static nn::Conv2d downsample(std::int64_t in, std::int64_t out) {
  return nn::Conv2d(nn::Conv2dOptions(in, out, 4).stride(2).padding(1));
}

DiscriminatorImpl::DiscriminatorImpl() {
  conv1 = register_module("conv1", downsample(1, 64));
  conv2 = register_module("conv2", downsample(64, 128));
  linear = register_module("linear", nn::Linear(7 * 7 * 128, 1));
}

static torch::Tensor activate(const torch::Tensor& x, const torch::Tensor& mask) {
  const auto y = torch::leaky_relu(x, 0.2);
  return mask.defined() ? y * mask : y;
}

torch::Tensor DiscriminatorImpl::forward(const torch::Tensor& images, const DropoutMasks& masks) {
  auto x = activate(conv1(images), masks.hidden1);  // 64 × 14 × 14
  x = activate(conv2(x), masks.hidden2);            // 128 × 7 × 7
  return linear(x.flatten(1)).squeeze(1);
}

}  // namespace dcgan
