#pragma once

#include "kernels/packed_kernel.h"
#include "kernels/taps.h"
#include "kernels/tiles.h"

namespace dcgan::kernels {

/// The values of a parameter and of its gradient, in LibTorch's memory.
template <class A>
struct Parameter {
  const A* values;
  A* gradient;
};

/// A convolution, a transposed convolution or a dense layer. Its forward pass and the gradients with respect
/// to its input and to its kernel are sums of matrix products.
template <class S>
class Convolution {
 public:
  using A = SumOf<S>;

  Convolution(Taps taps, KernelLayout layout, Parameter<A> weight)
      : taps_(std::move(taps)), kernel_(layout), weight_(weight) {}

  Index in_channels() const { return padded<S>(kernel_.layout().in.count); }
  Index out_channels() const { return kernel_.layout().out.count; }
  /// Returns how many elements of scratch memory one thread needs for this many images.
  Index scratch(Index images) const {
    return std::max(images, in_channels()) * std::max(in_channels(), out_channels());
  }

  /// Pack the current weights for forward() and for backward().
  void pack_forward() { kernel_.pack_in_by_out(weight_.values); }
  void pack_backward() { kernel_.pack_out_by_in(weight_.values); }

  /// Passes each output pixel's sums, images × out_channels, to `use(pixel, sums)`.
  template <class Use>
  void forward(const Tiles<S>& in, const Scratch<A>& scratch, const Use& use) const {
    sum_products<S>(
        {taps_.forward, size(in.images(), in_channels(), out_channels()), in.planes(), kernel_.in_by_out()},
        scratch, use);
  }

  /// Passes each input pixel's gradient, images × in_channels, to `use(pixel, sums)`.
  template <class Use>
  void backward(const Tiles<S>& gradient, const Scratch<A>& scratch, const Use& use) const {
    sum_products<S>({taps_.backward, size(gradient.images(), out_channels(), in_channels()),
                     gradient.planes(), kernel_.out_by_in()},
                    scratch, use);
  }

  /// Writes the kernel's gradient, from the images that `gradient` has: the first ones of `in`. In bfloat16,
  /// it needs the input's transposes and the output gradient's packs.
  void weight_gradient(const Tiles<S>& in, const Tiles<S>& gradient, const Scratch<A>& scratch) {
    const Index plane = in_channels() * out_channels();
    auto* all = sums_.get(static_cast<Index>(taps_.weight.size()) * plane);
    sum_products<S>({taps_.weight, in.transposed_product(gradient.images(), out_channels()), in.transposes(),
                     gradient.packs()},
                    scratch,
                    [&](Index group, const A* sums) { std::copy_n(sums, plane, all + group * plane); });
    unpack_gradient<S>(all, taps_.parts, kernel_.layout(), weight_.gradient);
  }

 private:
  static ProductSize size(Index images, Index from, Index to) { return {images, to, from, from, to}; }

  Taps taps_;
  PackedKernel<S> kernel_;
  Parameter<A> weight_;
  Buffer<A> sums_;
};

}  // namespace dcgan::kernels
