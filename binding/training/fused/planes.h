#pragma once

#include <type_traits>

#include "training/fused/buffer.h"
#include "training/fused/products.h"

namespace dcgan::fused {

/// Activations or gradients, [pixel][image][channel], in the three forms that products want: as a first
/// operand, transposed as a first operand ([pixel][channel][image]), and packed as a second.
template <class S>
class Tiles {
 public:
  void resize(Index pixels, Index images, Index channels) {
    images_ = images;
    channels_ = channels;
    straight_.get(pixels * images * channels);
    pixels_ = pixels;
  }

  S* tile(Index pixel) const { return straight_.data() + pixel * images_ * channels_; }
  Planes<S> planes() const { return {straight_.data(), images_ * channels_}; }

  void make_room_for_transposes() { transposed_.get(pixels_ * channels_ * padded(images_)); }
  void transpose(Index pixel) const {
    const Index stride = channels_ * padded(images_);
    Elementwise<S>::transpose(tile(pixel), images_, channels_, transposed_.data() + pixel * stride,
                              padded(images_));
  }
  Planes<S> transposes() const { return {transposed_.data(), channels_ * padded(images_)}; }

  /// Only bfloat16 has a packed form of its own.
  void make_room_for_packs() {
    if (kPairs) packed_.get(pixels_ * padded(images_) * channels_);
  }
  void pack(Index pixel) const {
    if (kPairs) {
      Elementwise<S>::pack(tile(pixel), images_, channels_,
                           packed_.data() + pixel * padded(images_) * channels_);
    }
  }
  Planes<S> packs() const {
    return kPairs ? Planes<S>{packed_.data(), padded(images_) * channels_} : planes();
  }
  /// The inner length of a product over images, an odd last one paired with zeros.
  Index inner() const { return padded(images_); }

 private:
  static constexpr bool kPairs = std::is_same_v<S, BFloat16>;
  static Index padded(Index n) { return kPairs ? even(n) : n; }

  Index pixels_ = 0;
  Index images_ = 0;
  Index channels_ = 0;
  Buffer<S> straight_;
  Buffer<S> transposed_;
  Buffer<S> packed_;
};

/// Scratch tiles, one a thread.
template <class A>
class Scratch {
 public:
  void resize(Index elements) {
    stride_ = elements;
    buffer_.get(elements * at::get_num_threads());
  }
  A* data() const { return buffer_.data(); }
  Index stride() const { return stride_; }
  A* of_this_thread() const { return buffer_.data() + at::get_thread_num() * stride_; }

 private:
  Index stride_ = 0;
  Buffer<A> buffer_;
};

}  // namespace dcgan::fused
