#pragma once

#include "kernels/convolution.h"
#include "training/fused/normalisation.h"

namespace dcgan {

/// A layer of the generator in training mode: a linear map, batch normalisation and ReLU, forward and
/// backward. `Linear`: Convolution, or FourierConvolution.
template <class S, class Linear = kernels::Convolution<S>>
class NormalisedLayer {
 public:
  using A = kernels::SumOf<S>;
  using Index = kernels::Index;

  /// `peers`: null, or the other processes of the batch normalisation.
  NormalisedLayer(Linear linear, NormTensors norm, Map out, Peers* peers)
      : linear_(std::move(linear)), norm_(std::move(norm), out, peers), out_(out) {}

  Linear& linear() { return linear_; }
  const kernels::Tiles<S>& activation() const { return activation_; }
  /// The loss's gradient with respect to the linear map's output, after backward().
  const kernels::Tiles<S>& gradient() const { return gradient_; }

  void resize(Index images) {
    for (auto* tiles : {&y_, &activation_, &gradient_}) tiles->resize(out_, images);
    activation_.make_room_for_transposes();
    gradient_.make_room_for_packs();
  }

  void forward(const kernels::Tiles<S>& in, const kernels::Scratch<A>& scratch) {
    const auto& loops = kernels::elementwise<S>();
    linear_.forward(in, scratch, [&](Index pixel, const A* sums) {
      loops.round(sums, size().rows * size().columns, y_.tile(pixel));
      loops.column_stats(y_.tile(pixel), size(), norm_.pixel_mean(pixel), norm_.pixel_squares(pixel));
    });
    norm_.finish_forward(size().rows);
    kernels::each(out_.pixels(), [&](Index pixel) {
      loops.normalise(y_.tile(pixel), size(), norm_.features(pixel), activation_.tile(pixel));
      activation_.transpose(pixel);
    });
  }

  /// `products(use)` hands the gradient with respect to each pixel's activation to `use(pixel, sums)`.
  template <class Products>
  void backward(const Products& products) {
    const auto& loops = kernels::elementwise<S>();
    products([&](Index pixel, const A* sums) {
      loops.rectify_backward(
          sums, {y_.tile(pixel), activation_.tile(pixel)}, size(), norm_.features(pixel),
          {gradient_.tile(pixel), norm_.pixel_total(pixel), norm_.pixel_total_normalised(pixel)});
    });
    norm_.finish_backward(size().rows);
    kernels::each(out_.pixels(), [&](Index pixel) {
      loops.normalise_backward(y_.tile(pixel), size(), norm_.features(pixel), gradient_.tile(pixel));
      gradient_.pack(pixel);
    });
  }

 private:
  kernels::TileSize size() const { return y_.size(); }

  Linear linear_;
  Normalisation<A> norm_;
  Map out_;
  kernels::Tiles<S> y_, activation_, gradient_;
};

}  // namespace dcgan
