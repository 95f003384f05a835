#pragma once

#include "kernels/buffer.h"
#include "kernels/elementwise.h"
#include "kernels/products.h"

namespace dcgan::kernels {

/// Activations or gradients of a mini-batch in the three forms that products need: a left operand
/// ([pixel][image][channel]), its transpose ([pixel][channel][image]), and a packed right operand.
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

  void make_room_for_transposes() { transposed_.get(pixels_ * inner() * size_.columns); }
  void transpose(Index pixel) const {
    auto* to = transposed_.data() + pixel * inner() * size_.columns;
    elementwise<S>().transpose(tile(pixel), size_, to, inner());
  }
  Planes<S> transposes() const { return {transposed_.data(), inner() * size_.columns}; }

  /// Only bfloat16, whose rows are in pairs, has a separate packed form.
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
