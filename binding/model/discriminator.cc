#include "model/discriminator.h"

#include "model/one_hot.h"
#include "sizes.h"

namespace dcgan {

namespace nn = torch::nn;

static nn::Conv2d downsample(Map in, Map out) {
  return nn::Conv2d(nn::Conv2dOptions(in.channels, out.channels, kHalve.side)
                        .stride(kHalve.stride)
                        .padding(kHalve.padding));
}

DiscriminatorImpl::DiscriminatorImpl(std::int64_t classes) : classes(classes) {
  conv1 = register_module("conv1", downsample(kImage, kHidden1));
  conv2 = register_module("conv2", downsample(kHidden1, kHidden2));
  linear = register_module("linear", nn::Linear(kHidden2.values(), 1));
  if (classes > 0) projection = register_parameter("projection", torch::zeros({classes, kHidden2.values()}));
}

static torch::Tensor activate(const torch::Tensor& x, const torch::Tensor& mask) {
  const auto y = torch::leaky_relu(x, 0.2);
  return mask.defined() ? y * mask : y;
}

torch::Tensor DiscriminatorImpl::features(const torch::Tensor& images, const DropoutMasks& masks) {
  const auto x = activate(conv1(images), masks.hidden1);  // 64 × 14 × 14
  return activate(conv2(x), masks.hidden2).flatten(1);    // 128 × 7 × 7
}

torch::Tensor DiscriminatorImpl::logits(const torch::Tensor& features, const torch::Tensor& labels) {
  const auto logits = linear(features).squeeze(1);
  if (classes == 0) return logits;
  return logits + (features * one_hot(labels, classes, features.scalar_type()).matmul(projection)).sum(1);
}

}  // namespace dcgan
