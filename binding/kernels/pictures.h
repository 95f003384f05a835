#pragma once

#include "kernels/tiles.h"

namespace dcgan::kernels {

/// The convolution between a picture and its halved map has one product per pixel of the map: the patches of
/// the picture under the kernel's window (images × taps) times the kernel (taps × channels).
inline constexpr Map kPatches{kHalve.taps(), kHidden1.side};

/// The number of parts in which that kernel's gradient is summed: one for each row of the map.
inline constexpr Index kPatchParts = kPatches.side;

/// Writes the patches of `count` pictures ([pixel][image]) at one pixel, as rows of `images` values for the
/// tile's transpose.
template <class S>
void gather_patches(const std::vector<torch::Tensor>& pictures, Index pixel, const Scratch<S>& rows,
                    const Tiles<S>& patches) {
  S* taps = rows.of_this_thread();
  Index first = 0;
  for (const auto& some : pictures) {
    const Index count = some.size(1);
    elementwise<S>().patch(some.template const_data_ptr<SumOf<S>>(), count, pixel, taps + first,
                           patches.images());
    first += count;
  }
  elementwise<S>().transpose(taps, {kPatches.channels, patches.images()}, patches.tile(pixel),
                             kPatches.channels);
}

/// Sums patches where they overlap, and returns pictures, 784 × images. `products(use)` passes each pixel's
/// patches, images × taps, to `use(pixel, sums)`.
template <class A, class Products>
torch::Tensor scatter_patches(Index images, Buffer<A>& buffer, const Products& products) {
  auto* parts = buffer.get(kPatches.values() * images);
  const auto& loops = elementwise<A>();
  products([&](Index pixel, const A* sums) {
    loops.transpose(sums, {images, kPatches.channels}, parts + pixel * kPatches.channels * images, images);
  });
  auto pictures = torch::empty({kImage.pixels(), images}, kScalar<A>);
  auto* out = pictures.template data_ptr<A>();
  each(kImage.pixels(),
       [&](Index pixel) { loops.patch_adjoint(parts, images, pixel, out + pixel * images); });
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

}  // namespace dcgan::kernels
