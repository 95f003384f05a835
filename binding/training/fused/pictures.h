#pragma once

#include "training/fused/planes.h"

namespace dcgan::fused {

/// The 64 → 1 layer between 14 × 14 and 28 × 28: the generator's last, and the discriminator's first
/// backwards. All sixteen taps of a pixel at once, then added up where they fall: 784 × images.
template <class S>
torch::Tensor spread_to_pictures(Planes<S> planes, Planes<S> kernel, Index images, Buffer<SumOf<S>>& parts,
                                 const Scratch<SumOf<S>>& scratch) {
  using A = SumOf<S>;
  static const Groups pixels = plane_by_one(196);
  auto* taps = parts.get(196 * 16 * images);
  sum_products<S>(pixels, images, 16, 64, planes, kernel, scratch.data(), scratch.stride(),
                  [&](Index pixel, const A* sums) {
                    Elementwise<A>::transpose(sums, images, 16, taps + pixel * 16 * images, images);
                  });
  auto pictures = torch::empty({784, images}, kScalar<A>);
  auto* out = pictures.template data_ptr<A>();
  each(784, [&](Index pixel) {
    Elementwise<S>::patch_adjoint(taps, images, pixel / 28, pixel % 28, out + pixel * images);
  });
  return pictures;
}

/// out[j] = Σ parts[i][j], in the order of i.
template <class A>
void sum_parts(const A* parts, Index count, Index length, A* out) {
  std::fill_n(out, length, A(0));
  for (Index i = 0; i < count; ++i) {
    for (Index j = 0; j < length; ++j) out[j] += parts[i * length + j];
  }
}

}  // namespace dcgan::fused
