#pragma once

#include "kernels/buffer.h"
#include "kernels/elementwise.h"
#include "kernels/products.h"

namespace dcgan::kernels {

/// Activations or gradients of a mini-batch, [pixel][image][channel]: an operand of products over channels.
/// Products over images read it as their transposed left operand and as their right operand. Only bfloat16,
/// with products that read rows in pairs, has a transposed and a packed copy for them.
template <class S>
class Tiles {
 public:
  void resize(Index pixels, Index images, Index channels) {
    pixels_ = pixels;
    size_ = {images, channels};
    straight_.get(pixels * images * channels);
  }
  void resize(Map map, Index images) { resize(map.pixels(), images, map.channels); }

  Index images() const { return size_.rows; }
  TileSize size() const { return size_; }
  S* tile(Index pixel) const { return straight_.data() + pixel * size_.rows * size_.columns; }
  Planes<S> planes() const { return {straight_.data(), size_.rows * size_.columns}; }

  /// Returns the inner length of a product over images.
  Index inner() const { return padded<S>(size_.rows); }

  void make_room_for_transposes() {
    if (kPairs<S>) transposed_.get(pixels_ * inner() * size_.columns);
  }
  void transpose(Index pixel) const {
    if (!kPairs<S>) return;
    auto* to = transposed_.data() + pixel * inner() * size_.columns;
    elementwise<S>().transpose(tile(pixel), size_.columns, size_, to, inner());
    for (Index row = 1; inner() > images() && row <= size_.columns; ++row) to[row * inner() - 1] = S{};
  }
  Planes<S> transposes() const {
    return kPairs<S> ? Planes<S>{transposed_.data(), inner() * size_.columns} : planes();
  }
  /// Returns the size of a product of the transpose (channels × images) and a right operand of `n` columns,
  /// over the first `images` images.
  ProductSize transposed_product(Index images, Index n) const {
    const auto channels = size_.columns;
    return kPairs<S> ? ProductSize{channels, n, padded<S>(images), inner(), n}
                     : ProductSize{channels, n, images, 1, n, channels};
  }

  void make_room_for_packs() {
    if (kPairs<S>) packed_.get(pixels_ * inner() * size_.columns);
  }
  void pack(Index pixel) const {
    if (kPairs<S>) {
      elementwise<S>().pack(tile(pixel), size_, packed_.data() + pixel * inner() * size_.columns);
    }
  }
  Planes<S> packs() const {
    return kPairs<S> ? Planes<S>{packed_.data(), inner() * size_.columns} : planes();
  }

 private:
  Index pixels_ = 0;
  TileSize size_{0, 0};
  Buffer<S> straight_;
  Buffer<S> transposed_;
  Buffer<S> packed_;
};

}  // namespace dcgan::kernels
