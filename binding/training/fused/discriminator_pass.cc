#include "training/fused/discriminator_pass.h"

#include <algorithm>

namespace dcgan {

using kernels::kPatches;
using kernels::kPatchParts;

template <class S>
DiscriminatorPass<S>::DiscriminatorPass(Discriminator& discriminator, Dropout& dropout)
    : dropout_(dropout),
      linear_(discriminator->linear),
      hidden1_({kernels::pixelwise_taps(kPatches.pixels(), kPatchParts),
                kernels::convolution_layout(kPatches.channels, kHidden1.channels, 1),
                discriminator->conv1->weight},
               discriminator->conv1->bias, kHidden1, 0),
      hidden2_({kernels::convolution_taps(kHidden1, kHidden2, kHalve),
                kernels::convolution_layout(kHidden1.channels, kHidden2.channels, kHalve.taps()),
                discriminator->conv2->weight},
               discriminator->conv2->bias, kHidden2, 1),
      linear_weight_(kernels::convolution_layout(1, kHidden2.channels, kHidden2.pixels())) {}

template <class S>
void DiscriminatorPass<S>::resize(Index images, bool learning) {
  patches_.resize(kPatches, images);
  for (auto* layer : {&hidden1_, &hidden2_}) {
    layer->resize(images);
    if (learning) layer->make_room_for_packs();
  }
  if (learning) {
    patches_.make_room_for_transposes();
    hidden1_.make_room_for_transposes();
  }
  pixel_logits_.get(kHidden2.pixels() * images);
  logit_gradients_.get(images);
  linear_gradients_.get(kHidden2.values());
  rows_.resize(kPatches.channels * images);
  scratch_.resize(std::max(
      {hidden1_.linear().scratch(images), hidden2_.linear().scratch(images), images * kHidden2.channels}));
}

template <class S>
torch::Tensor DiscriminatorPass<S>::forward(const std::vector<torch::Tensor>& pictures, bool learning) {
  torch::NoGradGuard no_grad;
  Index images = 0;
  for (const auto& some : pictures) images += some.size(1);
  resize(images, learning);
  for (auto* linear : {&hidden1_.linear(), &hidden2_.linear()}) {
    linear->pack_forward();
    linear->pack_backward();
  }
  linear_weight_.pack_in_by_out(linear_->weight);

  kernels::each(kPatches.pixels(), [&](Index pixel) {
    kernels::gather_patches<S>(pictures, pixel, rows_, patches_);
    if (learning) patches_.transpose(pixel);
  });
  hidden1_.forward(patches_, dropout_, scratch_, [&](Index pixel) {
    if (learning) hidden1_.activation().transpose(pixel);
  });
  const auto weight = linear_weight_.in_by_out();
  hidden2_.forward(hidden1_.activation(), dropout_, scratch_, [&](Index pixel) {
    const auto& activation = hidden2_.activation();
    kernels::elementwise<S>().row_products(activation.tile(pixel), activation.size(),
                                           weight.data + pixel * weight.stride,
                                           pixel_logits_.data() + pixel * images);
  });
  ++dropout_.pass;

  auto logits = linear_->bias.to(torch::kFloat64).repeat({images});
  auto* logit = logits.template data_ptr<double>();
  for (Index pixel = 0; pixel < kHidden2.pixels(); ++pixel) {
    for (Index n = 0; n < images; ++n) {
      logit[n] += static_cast<double>(pixel_logits_.data()[pixel * images + n]);
    }
  }
  return logits;
}

template <class S>
void DiscriminatorPass<S>::backward_to_hidden2(const torch::Tensor& logit_gradients) {
  const auto* from = logit_gradients.template const_data_ptr<double>();
  std::transform(from, from + logit_gradients.numel(), logit_gradients_.data(),
                 [](double gradient) { return static_cast<A>(gradient); });
  const auto weight = linear_weight_.in_by_out();
  kernels::each(kHidden2.pixels(), [&](Index pixel) {
    A* grad = scratch_.of_this_thread();
    kernels::elementwise<S>().outer_product(logit_gradients_.data(), weight.data + pixel * weight.stride,
                                            hidden2_.activation().size(), grad);
    hidden2_.backward(pixel, grad, dropout_);
  });
}

template <class S>
void DiscriminatorPass<S>::backward_to_hidden1() {
  hidden2_.linear().backward(hidden2_.gradient(), scratch_,
                             [&](Index pixel, const A* sums) { hidden1_.backward(pixel, sums, dropout_); });
}

template <class S>
void DiscriminatorPass<S>::parameter_gradients(const torch::Tensor& logit_gradients) {
  torch::NoGradGuard no_grad;
  backward_to_hidden2(logit_gradients);
  linear_->bias.grad().fill_(logit_gradients.sum());
  kernels::each(kHidden2.pixels(), [&](Index pixel) {
    const auto& activation = hidden2_.activation();
    kernels::elementwise<S>().column_products(activation.tile(pixel), activation.size(),
                                              logit_gradients_.data(),
                                              linear_gradients_.data() + pixel * kHidden2.channels);
    hidden2_.gradient().pack(pixel);
  });
  kernels::unpack_gradient<A>(linear_gradients_.data(), 1, linear_weight_.layout(), linear_->weight.grad());
  hidden2_.bias_gradient();
  hidden2_.linear().weight_gradient(hidden1_.activation(), hidden2_.gradient(), scratch_);

  backward_to_hidden1();
  kernels::each(kHidden1.pixels(), [&](Index pixel) { hidden1_.gradient().pack(pixel); });
  hidden1_.bias_gradient();
  hidden1_.linear().weight_gradient(patches_, hidden1_.gradient(), scratch_);
}

template <class S>
torch::Tensor DiscriminatorPass<S>::image_gradients(const torch::Tensor& logit_gradients) {
  torch::NoGradGuard no_grad;
  backward_to_hidden2(logit_gradients);
  backward_to_hidden1();
  return kernels::scatter_patches(logit_gradients.numel(), parts_, [&](const auto& use) {
    hidden1_.linear().backward(hidden1_.gradient(), scratch_, use);
  });
}

template class DiscriminatorPass<float>;
template class DiscriminatorPass<double>;
template class DiscriminatorPass<kernels::BFloat16>;

}  // namespace dcgan
