// The float32 product, with the vector extensions of GCC and Clang. This file is compiled once for each
// level; levels.cc chooses. A tile of sums stays in registers while the rows of the right operand go by. In
// every tile, a sum takes its products one after another in the order of k, so a row of the result depends on
// that row of the left operand alone.

#include "kernels/product.h"

namespace dcgan::kernels::DCGAN_LEVEL {

namespace {

// The height and the width of most tiles, in rows and vectors. There are registers for a few more vectors
// than the sums. Eight sums keep the units for multiplication busy, so a product with few rows has wider
// tiles.
#if defined(__AVX512F__)
constexpr Index kLanes = 16, kHeight = 6, kWidth = 4;
#elif defined(__AVX2__)
constexpr Index kLanes = 8, kHeight = 6, kWidth = 2;
#elif defined(__aarch64__)
constexpr Index kLanes = 4, kHeight = 5, kWidth = 4;
#else
constexpr Index kLanes = 4, kHeight = 4, kWidth = 2;
#endif

typedef float Vector __attribute__((vector_size(kLanes * sizeof(float))));

Vector load(const float* from) {
  Vector vector;
  __builtin_memcpy(&vector, from, sizeof vector);
  return vector;
}
void store(Vector vector, float* to) { __builtin_memcpy(to, &vector, sizeof vector); }

/// Unrolls the next loop, so that its arrays of vectors are registers.
#define DCGAN_UNROLL _Pragma("GCC unroll 32")

/// Rows of A and C that are a distance apart.
class EvenRows {
 public:
  EvenRows(const ProductSize& size, const float* a, float* c)
      : a_(a), c_(c), left_(size.m), lda_(size.lda), ldc_(size.ldc) {}
  Index left() const { return left_; }
  /// Writes the next rows of A and C, from column `column` of C on.
  [[gnu::always_inline]] inline void take(Index rows, Index column, const float** a, float** c) {
    DCGAN_UNROLL for (Index r = 0; r < rows; ++r) {
      a[r] = a_ + r * lda_;
      c[r] = c_ + r * ldc_ + column;
    }
    a_ += rows * lda_;
    c_ += rows * ldc_;
    left_ -= rows;
  }

 private:
  const float* a_;
  float* c_;
  Index left_;
  Index lda_;
  Index ldc_;
};

/// The rows of a PixelProduct.
class PixelRows {
 public:
  PixelRows(const PixelProduct& product, const float* a, float* c)
      : product_(product), a_(a), c_(c), left_(product.count * product.images) {}
  Index left() const { return left_; }
  [[gnu::always_inline]] inline void take(Index rows, Index column, const float** a, float** c) {
    for (Index r = 0; r < rows; ++r) {
      a[r] = a_ + (pair_->left * product_.images + image_) * product_.k;
      c[r] = c_ + (pair_->right * product_.images + image_) * product_.n + column;
      if (++image_ == product_.images) {
        image_ = 0;
        ++pair_;
      }
    }
    left_ -= rows;
  }

 private:
  PixelProduct product_;
  const float* a_;
  float* c_;
  Index left_;
  const Pair* pair_ = product_.pairs;
  Index image_ = 0;
};

/// The operands and distances that all tiles of a product share. Rows of B are `ldb` apart, the elements of a
/// row of A `step`.
struct Inner {
  Index k;
  Index step;
  Index ldb;
  bool add;
};

/// kRows × kVectors sums.
template <Index kRows, Index kVectors>
[[gnu::always_inline]] inline void tile(const Inner inner, const float* const* a, const float* b,
                                        float* const* c) {
  Vector sums[kRows][kVectors];
  DCGAN_UNROLL for (Index r = 0; r < kRows; ++r) {
    DCGAN_UNROLL for (Index v = 0; v < kVectors; ++v) {
      sums[r][v] = inner.add ? load(c[r] + v * kLanes) : Vector{};
    }
  }
  const float* left[kRows];
  DCGAN_UNROLL for (Index r = 0; r < kRows; ++r) left[r] = a[r];
  // Unrolled, the end of the loop is predicted. The compilers of WebAssembly make slower code of it.
#ifndef __wasm__
#pragma GCC unroll 4
#endif
  for (Index k = 0; k < inner.k; ++k) {
    Vector right[kVectors];
    DCGAN_UNROLL for (Index v = 0; v < kVectors; ++v) right[v] = load(b + k * inner.ldb + v * kLanes);
    DCGAN_UNROLL for (Index r = 0; r < kRows; ++r) {
      const float element = left[r][k * inner.step];
      DCGAN_UNROLL for (Index v = 0; v < kVectors; ++v) sums[r][v] += element * right[v];
    }
  }
  DCGAN_UNROLL for (Index r = 0; r < kRows; ++r) {
    DCGAN_UNROLL for (Index v = 0; v < kVectors; ++v) store(sums[r][v], c[r] + v * kLanes);
  }
}

/// The columns that do not fill a vector.
void narrow_columns(const ProductSize& size, const float* a, const float* b, float* c, Index columns,
                    bool add) {
  for (Index r = 0; r < size.m; ++r) {
    for (Index n = 0; n < columns; ++n) {
      float sum = 0;
      for (Index k = 0; k < size.k; ++k) sum += a[r * size.lda + k * size.step] * b[k * size.n + n];
      float& value = c[r * size.ldc + n];
      value = add ? value + sum : sum;
    }
  }
}

/// Calls tile() for a tile of up to kMostRows rows.
template <Index kMostRows, Index kVectors>
void tile_of(Index rows, const Inner inner, const float* const* a, const float* b, float* const* c) {
  if constexpr (kMostRows > 1) {
    if (rows < kMostRows) return tile_of<kMostRows - 1, kVectors>(rows, inner, a, b, c);
  }
  tile<kMostRows, kVectors>(inner, a, b, c);
}

/// Computes some columns, up to kMostVectors. They stay in the cache for all rows.
template <Index kRows, Index kMostVectors, class Rows>
void columns(Index vectors, Index column, const Inner inner, Rows rows, const float* b) {
  if constexpr (kMostVectors > 1) {
    if (vectors < kMostVectors) return columns<kRows, kMostVectors - 1>(vectors, column, inner, rows, b);
  }
  while (rows.left() >= 2 * kRows || rows.left() == kRows) {
    const float* a[kRows];
    float* c[kRows];
    rows.take(kRows, column, a, c);
    tile<kRows, kMostVectors>(inner, a, b + column, c);
  }
  while (rows.left() > 0) {
    // Two tiles of about equal height at the end have more sums than a low one.
    const float* a[kRows];
    float* c[kRows];
    const Index height = rows.left() < kRows ? rows.left() : (rows.left() + 1) / 2;
    rows.take(height, column, a, c);
    tile_of<kRows, kMostVectors>(height, inner, a, b + column, c);
  }
}

template <Index kRows, Index kVectors, class Rows>
void multiply_in_tiles(Index vectors, const Inner inner, const Rows& rows, const float* b) {
  for (Index v = 0; v < vectors; v += kVectors) {
    columns<kRows, kVectors>(vectors - v < kVectors ? vectors - v : kVectors, v * kLanes, inner, rows, b);
  }
}

/// Computes all columns that fill vectors.
template <class Rows>
void multiply_vectors(Index vectors, const Inner inner, const Rows& rows, const float* b) {
  const Index m = rows.left();
  if (m == 1) {
    multiply_in_tiles<1, 8>(vectors, inner, rows, b);
  } else if (kWidth == 2 && kHeight == 6 && (m <= 4 || m == 7 || m == 8)) {
    multiply_in_tiles<4, 3>(vectors, inner, rows, b);
  } else if (vectors < kWidth / 2) {
    multiply_in_tiles<2 * kHeight, 1>(vectors, inner, rows, b);
  } else {
    multiply_in_tiles<kHeight, kWidth>(vectors, inner, rows, b);
  }
}

void multiply(ProductSize size, const float* a, const float* b, float* c, bool add) {
  const Index vectors = size.n / kLanes, done = vectors * kLanes;
  multiply_vectors(vectors, {size.k, size.step, size.n, add}, EvenRows(size, a, c), b);
  if (done < size.n) narrow_columns(size, a, b + done, c + done, size.n - done, add);
}

void add_pixels(PixelProduct product, const float* a, const float* b, float* c) {
  const Inner inner{product.k, 1, product.n, /*add=*/true};
  multiply_vectors(product.n / kLanes, inner, PixelRows(product, a, c), b);
}

}  // namespace

extern const Products32 kProducts32;
const Products32 kProducts32 = {multiply, add_pixels};

}  // namespace dcgan::kernels::DCGAN_LEVEL
