#pragma once

#include <vector>

#include "kernels/tiles.h"

namespace dcgan::kernels {

/// The convolution between a picture and its halved map has one product per pixel of the map: the patches of
/// the picture under the kernel's window (images × taps) times the kernel (taps × channels).
inline constexpr Map kPatches{kHalve.taps(), kHidden1.side};

/// The number of parts in which that kernel's gradient is summed: one for each row of the map.
inline constexpr Index kPatchParts = kPatches.side;

/// Some pictures, [pixel][image].
template <class A>
struct Pictures {
  const A* data;
  Index images;
};

/// Writes the patches of the pictures at one pixel, of all images one after the other. `rows`: scratch
/// memory for their transpose.
template <class S>
void gather_patches(const std::vector<Pictures<SumOf<S>>>& pictures, Index pixel, const Scratch<S>& rows,
                    const Tiles<S>& patches) {
  S* taps = rows.of_this_thread();
  Index first = 0;
  for (const auto& some : pictures) {
    elementwise<S>().patch(some.data, some.images, pixel, taps + first, patches.images());
    first += some.images;
  }
  elementwise<S>().transpose(taps, patches.images(), {kPatches.channels, patches.images()},
                             patches.tile(pixel), kPatches.channels);
}

/// Sums patches where they overlap to pictures, [pixel][image]. `products(use)` passes each pixel's patches,
/// images × taps, to `use(pixel, sums)`. When a row of pictures is complete, `then(row, images)` is called.
template <class A, class Products, class Then>
void scatter_patches(Index images, Buffer<A>& buffer, A* pictures, const Products& products,
                     const Then& then) {
  auto* parts = buffer.get(kPatches.values() * images);
  const auto& loops = elementwise<A>();
  products([&](Index pixel, const A* sums) {
    loops.transpose(sums, kPatches.channels, {images, kPatches.channels},
                    parts + pixel * kPatches.channels * images, images);
  });
  each(kImage.pixels(), [&](Index pixel) {
    A* row = pictures + pixel * images;
    loops.patch_adjoint(parts, images, pixel, row);
    then(row, images);
  });
}

/// out[j] = Σ parts[i][j], in the order of i.
template <class A>
void sum_parts(const A* parts, Index count, Index length, A* out) {
  std::fill_n(out, length, A(0));
  for (Index i = 0; i < count; ++i) {
    for (Index j = 0; j < length; ++j) out[j] += parts[i * length + j];
  }
}

}  // namespace dcgan::kernels
