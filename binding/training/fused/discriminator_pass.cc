#include "training/fused/discriminator_pass.h"

#include <algorithm>
#include <iterator>

namespace dcgan {

using kernels::kPatches;
using kernels::kPatchParts;

template <class S>
DiscriminatorPass<S>::DiscriminatorPass(Discriminator& discriminator, Dropout& dropout)
    : dropout_(dropout),
      discriminator_(discriminator),
      hidden1_({kernels::pixelwise_taps(kPatches.pixels(), kPatchParts),
                kernels::convolution_layout(kPatches.channels, kHidden1.channels, 1),
                parameter<A>(discriminator->conv1->weight)},
               discriminator->conv1->bias, kHidden1, 0),
      hidden2_({kernels::convolution_taps(kHidden1, kHidden2, kHalve),
                kernels::convolution_layout(kHidden1.channels, kHidden2.channels, kHalve.taps()),
                parameter<A>(discriminator->conv2->weight)},
               discriminator->conv2->bias, kHidden2, 1),
      linear_(kernels::convolution_layout(1, kHidden2.channels, kHidden2.pixels())),
      projection_({{discriminator->classes, kHidden2.values()},
                   {kHidden2.channels, kHidden2.pixels()},
                   {kHidden2.pixels(), 1}}),
      head_count_(std::max<Index>(1, discriminator->classes)) {}

/// Repeats the labels once for each tensor of images.
template <class S>
void DiscriminatorPass<S>::take_labels(const torch::Tensor& labels, std::size_t times) {
  labels_.clear();
  if (!labels.defined()) return;
  const auto* label = labels.template const_data_ptr<std::int64_t>();
  while (times-- > 0) std::copy_n(label, labels.numel(), std::back_inserter(labels_));
}

/// A head is the vector that gives the logit of a label: the weights of the linear layer plus its projection.
template <class S>
void DiscriminatorPass<S>::pack_heads() {
  linear_.pack_in_by_out(discriminator_->linear->weight.template const_data_ptr<A>());
  const bool projects = discriminator_->classes > 0;
  if (projects) projection_.pack_in_by_out(discriminator_->projection.template const_data_ptr<A>());
  auto* heads = heads_.get(kHidden2.values() * head_count_);
  kernels::each(kHidden2.pixels(), [&](Index pixel) {
    const A* linear = linear_.in_by_out().data + pixel * kHidden2.channels;
    for (Index i = pixel * head_count_ * kHidden2.channels, end = i + head_count_ * kHidden2.channels;
         i < end; ++i) {
      heads[i] = linear[i % kHidden2.channels] + (projects ? projection_.in_by_out().data[i] : A(0));
    }
  });
}

template <class S>
template <class T>
kernels::Heads<T> DiscriminatorPass<S>::heads(Index pixel, const kernels::Buffer<A>& weights,
                                              const std::vector<std::uint8_t>& labels) const {
  return {weights.data() + pixel * head_count_ * kHidden2.channels, kHidden2.channels,
          labels.empty() ? nullptr : labels.data()};
}

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
  head_gradients_.get(kHidden2.values() * head_count_);
  rows_.resize(kPatches.channels * images);
  scratch_.resize(std::max(
      {hidden1_.linear().scratch(images), hidden2_.linear().scratch(images), images * kHidden2.channels}));
}

template <class S>
torch::Tensor DiscriminatorPass<S>::forward(const std::vector<torch::Tensor>& pictures,
                                            const torch::Tensor& labels, bool learning) {
  torch::NoGradGuard no_grad;
  Index images = 0;
  for (const auto& some : pictures) images += some.size(1);
  resize(images, learning);
  for (auto* linear : {&hidden1_.linear(), &hidden2_.linear()}) linear->pack_forward();
  take_labels(labels, pictures.size());
  pack_heads();

  gather(pictures, learning);
  hidden1_.forward(patches_, dropout_, scratch_, [&](Index pixel) {
    if (learning) hidden1_.activation().transpose(pixel);
  });
  hidden2_.forward(hidden1_.activation(), dropout_, scratch_, [&](Index pixel) {
    const auto& activation = hidden2_.activation();
    kernels::elementwise<S>().row_products(activation.tile(pixel), activation.size(),
                                           heads<const A>(pixel, heads_, labels_),
                                           pixel_logits_.data() + pixel * images);
  });
  ++dropout_.pass;
  return sum_pixel_logits(images);
}

template <class S>
torch::Tensor DiscriminatorPass<S>::other_logits(const torch::Tensor& labels) {
  const auto* label = labels.template const_data_ptr<std::int64_t>();
  others_.assign(label, label + labels.numel());
  const Index images = labels.numel();
  kernels::each(kHidden2.pixels(), [&](Index pixel) {
    kernels::elementwise<S>().row_products(hidden2_.activation().tile(pixel), {images, kHidden2.channels},
                                           heads<const A>(pixel, heads_, others_),
                                           pixel_logits_.data() + pixel * images);
  });
  return sum_pixel_logits(images);
}

template <class S>
torch::Tensor DiscriminatorPass<S>::sum_pixel_logits(Index images) const {
  auto logits = discriminator_->linear->bias.to(torch::kFloat64).repeat({images});
  auto* logit = logits.template data_ptr<double>();
  for (Index pixel = 0; pixel < kHidden2.pixels(); ++pixel) {
    for (Index n = 0; n < images; ++n) {
      logit[n] += static_cast<double>(pixel_logits_.data()[pixel * images + n]);
    }
  }
  return logits;
}

template <class S>
void DiscriminatorPass<S>::gather(const std::vector<torch::Tensor>& pictures, bool transpose) {
  const auto views = pictures_of<A>(pictures);
  kernels::each(kPatches.pixels(), [&](Index pixel) {
    kernels::gather_patches<S>(views, pixel, rows_, patches_);
    if (transpose) patches_.transpose(pixel);
  });
}

template <class A>
static A* narrowed(const torch::Tensor& values, kernels::Buffer<A>& buffer) {
  const auto* from = values.template const_data_ptr<double>();
  auto* to = buffer.get(values.numel());
  std::transform(from, from + values.numel(), to, [](double value) { return static_cast<A>(value); });
  return to;
}

/// Adds a signal to the gradient with respect to the features of one pixel.
template <class S>
void DiscriminatorPass<S>::add_signal(const Signal& signal, Index pixel, A* grad) const {
  const auto weights = heads<const A>(pixel, heads_, signal.labels);
  for (Index n = 0; n < signal.images; ++n) {
    const A* w = weights.weights + weights.labels[n] * weights.stride;
    const A g = signal.gradients[n];
    for (Index c = 0; c < kHidden2.channels; ++c) grad[n * kHidden2.channels + c] += g * w[c];
  }
}

template <class S>
void DiscriminatorPass<S>::backward_to_hidden2(const std::vector<Signal>& signals) {
  for (auto* layer : {&hidden1_, &hidden2_}) layer->resize_gradient(signals.front().images);
  kernels::each(kHidden2.pixels(), [&](Index pixel) {
    A* grad = scratch_.of_this_thread();
    const auto& first = signals.front();
    kernels::elementwise<S>().outer_product(first.gradients, heads<const A>(pixel, heads_, first.labels),
                                            {first.images, kHidden2.channels}, grad);
    for (std::size_t i = 1; i < signals.size(); ++i) add_signal(signals[i], pixel, grad);
    hidden2_.backward(pixel, grad, dropout_);
  });
}

template <class S>
void DiscriminatorPass<S>::backward_to_hidden1() {
  hidden2_.linear().pack_backward();
  hidden2_.linear().backward(hidden2_.gradient(), scratch_,
                             [&](Index pixel, const A* sums) { hidden1_.backward(pixel, sums, dropout_); });
}

template <class S>
void DiscriminatorPass<S>::add_head_gradients(Index pixel, const kernels::Tiles<S>& features,
                                              const Signal& signal) {
  kernels::elementwise<S>().column_products(features.tile(pixel), {signal.images, kHidden2.channels},
                                            signal.gradients,
                                            heads<A>(pixel, head_gradients_, signal.labels));
}

template <class S>
void DiscriminatorPass<S>::unpack_head_gradients() {
  kernels::unpack_gradient<A>(head_gradients_.data(), head_count_, linear_.layout(),
                              discriminator_->linear->weight.grad().template data_ptr<A>());
  if (discriminator_->classes > 0) {
    kernels::unpack_gradient<A>(head_gradients_.data(), 1, projection_.layout(),
                                discriminator_->projection.grad().template data_ptr<A>());
  }
}

/// Needs the layers' gradients, packed too, and the transposed activations and patches.
template <class S>
void DiscriminatorPass<S>::convolution_gradients() {
  hidden2_.bias_gradient();
  hidden2_.linear().weight_gradient(hidden1_.activation(), hidden2_.gradient(), scratch_);
  hidden1_.bias_gradient();
  hidden1_.linear().weight_gradient(patches_, hidden1_.gradient(), scratch_);
}

template <class S>
void DiscriminatorPass<S>::parameter_gradients(const torch::Tensor& logit_gradients,
                                               const torch::Tensor& other_gradients) {
  torch::NoGradGuard no_grad;
  std::vector<Signal> signals;
  auto bias = discriminator_->linear->bias.grad().zero_();
  const auto add = [&](const torch::Tensor& gradients, const std::vector<std::uint8_t>& labels,
                       auto& buffer) {
    if (!gradients.defined()) return;
    signals.push_back({gradients.numel(), narrowed(gradients, buffer), labels});
    bias.add_(gradients.sum());
  };
  add(logit_gradients, labels_, logit_gradients_);
  add(other_gradients, others_, other_gradients_);
  backward_to_hidden2(signals);
  backward_to_hidden1();
  std::fill_n(head_gradients_.data(), kHidden2.values() * head_count_, A(0));
  kernels::each(kHidden2.pixels(), [&](Index pixel) {
    for (const auto& signal : signals) add_head_gradients(pixel, hidden2_.activation(), signal);
    hidden2_.gradient().pack(pixel);
  });
  kernels::each(kHidden1.pixels(), [&](Index pixel) { hidden1_.gradient().pack(pixel); });
  unpack_head_gradients();
  convolution_gradients();
}

/// As long as the slopes of LeakyReLU and dropout stay the same, a logit is linear in its image:
/// D(x) = b + v · x with v = ∇ₓD(x). Then a parameter's gradient of ½‖v‖² is the gradient of the tangent v ·
/// x' at x' = v, where x' is held constant. The tangent passes forward from v as an image does, without the
/// biases. Its backward signals s are the logit's own. So a weight's gradient is the sum of s (l h + w h')
/// over the images: h and h' are what the layer gets of the image and of the tangent, l is the gradient of
/// the loss with respect to the logit, and w is the penalty's weight.
///
/// A loss on other labels of an image has another logit, with signals s_m of its own and the gradient m. It
/// adds s_m (m h). No product computes both sums, so parameter_gradients() computes this one first, of the
/// real images alone.
template <class S>
torch::Tensor DiscriminatorPass<S>::penalised_gradients(const std::vector<torch::Tensor>& pictures,
                                                        const torch::Tensor& logit_gradients,
                                                        const torch::Tensor& weights) {
  torch::NoGradGuard no_grad;
  const auto slopes = image_gradients(torch::ones_like(logit_gradients));
  const Index images = logit_gradients.numel();
  const A* loss = narrowed(logit_gradients, logit_gradients_);
  const A* penalty = narrowed(weights, penalty_weights_);
  for (auto* layer : {&hidden1_, &hidden2_}) layer->make_room_for_tangents();
  discriminator_->linear->bias.grad().fill_(logit_gradients.sum());
  std::fill_n(head_gradients_.data(), kHidden2.values() * head_count_, A(0));

  gather({slopes}, /*transpose=*/false);
  hidden1_.tangent(patches_, dropout_, scratch_, [](Index) {});
  hidden2_.tangent(hidden1_.activation_tangent(), dropout_, scratch_, [&](Index pixel) {
    add_head_gradients(pixel, hidden2_.activation(), {images, loss, labels_});
    add_head_gradients(pixel, hidden2_.activation_tangent(), {images, penalty, labels_});
    hidden2_.weigh_bias_gradient(pixel, loss);
    hidden2_.gradient().pack(pixel);
  });
  kernels::each(kHidden1.pixels(), [&](Index pixel) {
    hidden1_.blend(pixel, loss, penalty);
    hidden1_.activation().transpose(pixel);
    hidden1_.weigh_bias_gradient(pixel, loss);
    hidden1_.gradient().pack(pixel);
  });
  const auto of_images = [](const torch::Tensor& values) { return values.to(kScalar<A>).unsqueeze(0); };
  gather({torch::cat(pictures, 1).mul_(of_images(logit_gradients)).addcmul_(slopes, of_images(weights))},
         /*transpose=*/true);
  unpack_head_gradients();
  convolution_gradients();
  return slopes.to(torch::kFloat64).square().sum(0);
}

template <class S>
torch::Tensor DiscriminatorPass<S>::image_gradients(const torch::Tensor& logit_gradients) {
  torch::NoGradGuard no_grad;
  const Index images = logit_gradients.numel();
  backward_to_hidden2({{images, narrowed(logit_gradients, logit_gradients_), labels_}});
  backward_to_hidden1();
  hidden1_.linear().pack_backward();
  auto gradients = torch::empty({kImage.pixels(), images}, kScalar<A>);
  kernels::scatter_patches(
      images, parts_, gradients.template data_ptr<A>(),
      [&](const auto& use) { hidden1_.linear().backward(hidden1_.gradient(), scratch_, use); },
      [](A*, Index) {});
  return gradients;
}

template class DiscriminatorPass<float>;
template class DiscriminatorPass<double>;
template class DiscriminatorPass<kernels::BFloat16>;

}  // namespace dcgan
