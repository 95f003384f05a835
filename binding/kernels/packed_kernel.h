#pragma once

#include "kernels/buffer.h"
#include "kernels/products.h"
#include "sizes.h"

namespace dcgan::kernels {

/// One index of a parameter: the number of its values, and the distance between two of them in elements.
struct Axis {
  Index count;
  Index stride;
};

/// The layout of a kernel in its parameter.
struct KernelLayout {
  Axis in;
  Axis out;
  Axis taps;
};

/// Conv2d: [out][in][tap].
KernelLayout convolution_layout(Index in, Index out, Index taps);
/// ConvTranspose2d: [in][out][tap].
KernelLayout transposed_layout(Index in, Index out, Index taps);
/// A dense layer onto a map: [channel][pixel][in]. It is a transposed convolution of one pixel, with a tap
/// for each pixel of the map.
KernelLayout dense_layout(Index in, Map out);

/// A kernel as right operands of products, one plane per tap. It is packed again after each update.
template <class S>
class PackedKernel {
 public:
  using A = SumOf<S>;

  explicit PackedKernel(KernelLayout layout) : layout_(layout) {}

  const KernelLayout& layout() const { return layout_; }

  /// Planes with a row for each input channel, and columns for the output channels.
  void pack_in_by_out(const A* weight);
  Planes<S> in_by_out() const { return {in_by_out_.data(), padded<S>(layout_.in.count) * layout_.out.count}; }

  /// Planes with a row for each output channel, and columns for the input channels.
  void pack_out_by_in(const A* weight);
  Planes<S> out_by_in() const { return {out_by_in_.data(), padded<S>(layout_.out.count) * layout_.in.count}; }

 private:
  KernelLayout layout_;
  Buffer<S> in_by_out_;
  Buffer<S> out_by_in_;
};

/// Writes a gradient in its parameter's layout from sums[tap][part][in][out], with `in` rows padded as in S.
template <class S>
void unpack_gradient(const SumOf<S>* sums, Index parts, const KernelLayout& layout, SumOf<S>* gradient);

}  // namespace dcgan::kernels
