#pragma once

#include <algorithm>
#include <vector>

#include "kernels/convolution.h"
#include "kernels/fourier_form.h"

namespace dcgan::kernels {

/// The planes of a transform. They lie a little further apart than their size, because planes at a distance
/// is a power of two share a few sets of the caches.
template <class A>
class Spectrum {
 public:
  void resize(Index planes, Index size) {
    stride_ = size + kGap;
    buffer_.get(planes * stride_);
  }
  A* data() const { return buffer_.data(); }
  A* plane(Index i) const { return data() + i * stride_; }
  Planes<A> planes() const { return {data(), stride_}; }

 private:
  static constexpr Index kGap = 16;

  Index stride_ = 0;
  Buffer<A> buffer_;
};

/// A matrix of a FourierForm. It turns values into planes and, transposed, planes into values. A value or a
/// plane is a row of `columns` numbers, so each of the two is one matrix product.
template <class A>
class Transform {
 public:
  Transform(const std::vector<double>& matrix, Index planes)
      : matrix_(matrix.begin(), matrix.end()),
        planes_(planes),
        values_(static_cast<Index>(matrix.size()) / planes) {}

  void to_planes(Planes<A> values, Index columns, Spectrum<A>& out) {
    out.resize(planes_, columns);
    run({planes_, columns, values_, values_, out.planes().stride, 1}, values, out.data());
  }
  /// Frees scratch memory.
  void release() { blocks_ = {}; }
  /// Writes the values one after another.
  void to_values(const Spectrum<A>& planes, Index columns, A* out) {
    run({values_, columns, planes_, 1, columns, values_}, planes.planes(), out);
  }

 private:
  /// The columns are taken in blocks, each of which is first copied to one place, where it fits into the
  /// cache.
  static constexpr Index kBlock = 256;

  void run(ProductSize size, Planes<A> in, A* out) {
    const Index columns = size.n;
    blocks_.resize(size.k * kBlock);
    each((columns + kBlock - 1) / kBlock, [&](Index block) {
      const Index first = block * kBlock;
      ProductSize part = size;
      part.n = std::min(kBlock, columns - first);
      A* rows = blocks_.of_this_thread();
      for (Index i = 0; i < size.k; ++i)
        std::copy_n(in.data + i * in.stride + first, part.n, rows + i * part.n);
      multiply(part, matrix_.data(), rows, out + first, false);
    });
  }

  std::vector<A> matrix_;
  Index planes_;
  Index values_;
  Scratch<A> blocks_;
};

/// The transposed convolution that keeps the side of its map, with the products of a FourierForm. It computes
/// what Convolution does, which is its specification, in float32 and float64. In bfloat16 the transforms
/// would lose accuracy.
template <class A>
class FourierConvolution {
 public:
  FourierConvolution(Map in, Map out, Window window, Parameter<A> weight)
      : FourierConvolution(in, out, window, weight, fourier_form(in.side, window)) {}

  Index scratch(Index) const { return 0; }

  /// Packs the current weights for forward(). After forward(), packs them for backward(), in the same memory.
  void pack_forward() {
    packed_.pack_in_by_out(weight_.values);
    kernel_.to_planes(packed_.in_by_out(), in_.channels * out_.channels, kernels_);
  }
  void pack_backward() {
    packed_.pack_out_by_in(weight_.values);
    kernel_.to_planes(packed_.out_by_in(), in_.channels * out_.channels, kernels_);
  }
  /// Packs weights that stay as they are, and keeps nothing but the planes.
  void pack_forward(const A* weight) {
    PackedKernel<A> packed(packed_.layout());
    packed.pack_in_by_out(weight);
    kernel_.to_planes(packed.in_by_out(), in_.channels * out_.channels, kernels_);
    kernel_.release();
  }

  /// Passes each output pixel's sums, images × channels, to `use(pixel, sums)`.
  template <class Use>
  void forward(const Tiles<A>& in, const Scratch<A>&, const Use& use) {
    forward(in.planes(), in.images(), use);
  }
  template <class Use>
  void forward(Planes<A> in, Index images, const Use& use) {
    input_.to_planes(in, images * in_.channels, inputs_);
    multiply_planes({images, out_.channels, in_.channels, in_.channels, out_.channels}, inputs_, kernels_);
    pass_on(output_, out_, images, use);
  }

  /// Writes the kernel's gradient. `in`: the input of the last forward(). backward() follows, and needs the
  /// gradient's planes, which are computed here.
  void weight_gradient(const Tiles<A>& in, const Tiles<A>& gradient, const Scratch<A>&) {
    const Index images = in.images();
    output_.to_planes(gradient.planes(), images * out_.channels, gradients_);
    multiply_planes({in_.channels, out_.channels, images, 1, out_.channels, in_.channels}, inputs_,
                    gradients_);
    const Index plane = in_.channels * out_.channels;
    A* sums = values_.get(packed_.layout().taps.count * plane);
    kernel_.to_values(sums_, plane, sums);
    unpack_gradient<A>(sums, 1, packed_.layout(), weight_.gradient);
  }

  /// Passes each input pixel's gradient, images × channels, to `use(pixel, sums)`. `gradient`: of the
  /// last weight_gradient().
  template <class Use>
  void backward(const Tiles<A>& gradient, const Scratch<A>&, const Use& use) {
    const Index images = gradient.images();
    multiply_planes({images, in_.channels, out_.channels, out_.channels, in_.channels}, gradients_, kernels_);
    pass_on(input_, in_, images, use);
  }

 private:
  FourierConvolution(Map in, Map out, Window window, Parameter<A> weight, const FourierForm& form)
      : in_(in),
        out_(out),
        planes_(form.planes),
        packed_(transposed_layout(in.channels, out.channels, window.taps())),
        weight_(weight),
        input_(form.input, planes_),
        kernel_(form.kernel, planes_),
        output_(form.output, planes_) {}

  void multiply_planes(ProductSize size, const Spectrum<A>& left, const Spectrum<A>& right) {
    sums_.resize(planes_, size.m * size.n);
    each(planes_, [&](Index i) { multiply(size, left.plane(i), right.plane(i), sums_.plane(i), false); });
  }

  /// Turns the sums into the values of a map.
  template <class Use>
  void pass_on(Transform<A>& transform, Map map, Index images, const Use& use) {
    const Index tile = images * map.channels;
    A* values = values_.get(map.pixels() * tile);
    transform.to_values(sums_, tile, values);
    each(map.pixels(), [&](Index pixel) { use(pixel, values + pixel * tile); });
  }

  Map in_;
  Map out_;
  Index planes_;
  PackedKernel<A> packed_;
  Parameter<A> weight_;
  Transform<A> input_, kernel_, output_;
  Spectrum<A> inputs_, kernels_, gradients_, sums_;
  Buffer<A> values_;
};

}  // namespace dcgan::kernels
