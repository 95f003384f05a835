#pragma once

#include "random/dropout.h"
#include "training/fused/tensors.h"

namespace dcgan {

/// A hidden layer of the discriminator: a convolution with a bias, LeakyReLU(0.2) and dropout, forward and
/// backward.
template <class S>
class LeakyLayer {
 public:
  using A = kernels::SumOf<S>;
  using Index = kernels::Index;

  /// `number`: the hidden layer's, from 0. The layer's dropout is drawn with it.
  LeakyLayer(kernels::Convolution<S> linear, torch::Tensor bias, Map out, std::uint32_t number)
      : linear_(std::move(linear)), bias_(std::move(bias)), out_(out), number_(number) {}

  kernels::Convolution<S>& linear() { return linear_; }
  const kernels::Tiles<S>& activation() const { return activation_; }
  /// The directional derivative of the activation, after tangent().
  const kernels::Tiles<S>& activation_tangent() const { return tangent_; }
  /// The loss's gradient with respect to the convolution's output, after backward().
  const kernels::Tiles<S>& gradient() const { return gradient_; }

  void resize(Index images) {
    activation_.resize(out_, images);
    gradient_.resize(out_, images);
    code_.get(out_.values() * images);
    pixel_bias_gradients_.get(out_.values());
  }
  /// Lets the next backward() go through the first images of the last forward() alone.
  void resize_gradient(Index images) { gradient_.resize(out_, images); }
  void make_room_for_transposes() { activation_.make_room_for_transposes(); }
  void make_room_for_packs() { gradient_.make_room_for_packs(); }
  void make_room_for_tangents() { tangent_.resize(out_, size().rows); }

  /// Calls `then(pixel)` when a pixel's activation is computed.
  template <class Then>
  void forward(const kernels::Tiles<S>& in, const Dropout& dropout, const kernels::Scratch<A>& scratch,
               const Then& then) {
    const auto* bias = bias_.template const_data_ptr<A>();
    linear_.forward(in, scratch, [&](Index pixel, const A* sums) {
      keep_tile(dropout, {number_, pixel}, size().rows, size().columns, code(pixel));
      kernels::elementwise<S>().leak_and_drop(sums, bias, size(), {code(pixel), scale(dropout)},
                                              activation_.tile(pixel));
      then(pixel);
    });
  }

  /// `grad`: the loss's gradient with respect to one pixel's activation.
  void backward(Index pixel, const A* grad, const Dropout& dropout) const {
    kernels::elementwise<S>().leak_and_drop_backward(grad, {code(pixel), scale(dropout)}, gradient_.size(),
                                                     gradient_.tile(pixel),
                                                     pixel_bias_gradients_.data() + pixel * out_.channels);
  }

  /// Computes the directional derivative of the last forward() along `in`, with the same dropout.
  template <class Then>
  void tangent(const kernels::Tiles<S>& in, const Dropout& dropout, const kernels::Scratch<A>& scratch,
               const Then& then) {
    linear_.forward(in, scratch, [&](Index pixel, const A* sums) {
      A* unused = pixel_bias_gradients_.data() + pixel * out_.channels;
      kernels::elementwise<S>().leak_and_drop_backward(sums, {code(pixel), scale(dropout)}, size(),
                                                       tangent_.tile(pixel), unused);
      then(pixel);
    });
  }

  /// Replaces one pixel's activation by a · activation + b · tangent. There is an `a` and a `b` for each
  /// image.
  void blend(Index pixel, const A* a, const A* b) const {
    kernels::elementwise<S>().blend(activation_.tile(pixel), a, tangent_.tile(pixel), b, size());
  }

  /// Replaces the sums over images that backward() left for bias_gradient() at one pixel: the new ones
  /// multiply each image's gradient by its weight.
  void weigh_bias_gradient(Index pixel, const A* weights) const {
    A* sums = pixel_bias_gradients_.data() + pixel * out_.channels;
    std::fill_n(sums, out_.channels, A(0));
    kernels::elementwise<S>().column_products(gradient_.tile(pixel), size(), weights, {sums, 0, nullptr});
  }

  void bias_gradient() {
    kernels::sum_parts(pixel_bias_gradients_.data(), out_.pixels(), out_.channels,
                       bias_.grad().template data_ptr<A>());
  }

  /// Returns the factors by which dropout multiplied the activations, N × out.
  torch::Tensor mask(const Dropout& dropout) const {
    return torch::from_blob(code_.data(), {out_.pixels(), size().rows, out_.channels}, torch::kUInt8)
        .ne(0)
        .permute({1, 2, 0})
        .reshape({size().rows, out_.channels, out_.side, out_.side})
        .to(kScalar<A>)
        .mul_(dropout.scale());
  }

 private:
  kernels::TileSize size() const { return activation_.size(); }
  Index tile_values() const { return size().rows * size().columns; }
  std::uint8_t* code(Index pixel) const { return code_.data() + pixel * tile_values(); }
  static A scale(const Dropout& dropout) { return static_cast<A>(dropout.scale()); }

  kernels::Convolution<S> linear_;
  torch::Tensor bias_;
  Map out_;
  std::uint32_t number_;
  kernels::Tiles<S> activation_, gradient_, tangent_;
  kernels::Buffer<std::uint8_t> code_;  // which slope each element has: kernels::Slopes
  kernels::Buffer<A> pixel_bias_gradients_;
};

}  // namespace dcgan
