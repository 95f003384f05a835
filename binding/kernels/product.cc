// The float32 product, with the vector extensions of GCC and Clang. This file is compiled once for each
// level; levels.cc chooses. A tile of sums stays in registers while the rows of the right operand go by. In
// every tile, a sum takes its products one after another in the order of k, so a row of the result depends on
// that row of the left operand alone.

#include "kernels/product.h"

namespace dcgan::kernels::DCGAN_LEVEL {

namespace {

// The number of sums in a tile is limited by the registers. kTileRows[v − 1]: the rows of a tile that is v
// vectors wide.
#if defined(__AVX512F__)
constexpr Index kLanes = 16, kTileVectors = 4, kTileRows[] = {12, 12, 8, 6};
#elif defined(__AVX2__)
constexpr Index kLanes = 8, kTileVectors = 2, kTileRows[] = {8, 6};
#elif defined(__aarch64__)
constexpr Index kLanes = 4, kTileVectors = 4, kTileRows[] = {12, 12, 8, 6};
#else
constexpr Index kLanes = 4, kTileVectors = 2, kTileRows[] = {6, 4};
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

/// The operands of a tile, from its first row and column on.
struct Operands {
  const float* a;
  const float* b;
  float* c;
};

template <Index kRows, Index kVectors>
[[gnu::always_inline]] inline void tile(const ProductSize size, const Operands at, const bool add) {
  Vector sums[kRows][kVectors];
  DCGAN_UNROLL for (Index r = 0; r < kRows; ++r) {
    DCGAN_UNROLL for (Index v = 0; v < kVectors; ++v) sums[r][v] =
        add ? load(at.c + r * size.ldc + v * kLanes) : Vector{};
  }
  // Unrolled, the end of the loop is predicted. The compilers of WebAssembly make slower code of it.
#ifndef __wasm__
#pragma GCC unroll 4
#endif
  for (Index k = 0; k < size.k; ++k) {
    Vector right[kVectors];
    DCGAN_UNROLL for (Index v = 0; v < kVectors; ++v) right[v] = load(at.b + k * size.n + v * kLanes);
    DCGAN_UNROLL for (Index r = 0; r < kRows; ++r) {
      const float left = at.a[r * size.lda + k * size.step];
      DCGAN_UNROLL for (Index v = 0; v < kVectors; ++v) sums[r][v] += left * right[v];
    }
  }
  DCGAN_UNROLL for (Index r = 0; r < kRows; ++r) {
    DCGAN_UNROLL for (Index v = 0; v < kVectors; ++v) { store(sums[r][v], at.c + r * size.ldc + v * kLanes); }
  }
}

/// The columns that do not fill a vector.
void narrow_columns(const ProductSize& size, Operands at, Index columns, bool add) {
  for (Index r = 0; r < size.m; ++r) {
    for (Index n = 0; n < columns; ++n) {
      float sum = 0;
      for (Index k = 0; k < size.k; ++k) sum += at.a[r * size.lda + k * size.step] * at.b[k * size.n + n];
      float& value = at.c[r * size.ldc + n];
      value = add ? value + sum : sum;
    }
  }
}

/// Calls the tile of `rows` rows.
template <Index kVectors, Index kRows = kTileRows[kVectors - 1]>
void tile_of(Index rows, const ProductSize size, const Operands at, bool add) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return tile_of<kVectors, kRows - 1>(rows, size, at, add);
  }
  tile<kRows, kVectors>(size, at, add);
}

/// Computes the first `vectors` vectors of columns.
template <Index kVectors = kTileVectors>
void columns(Index vectors, const ProductSize size, Operands at, const bool add) {
  if constexpr (kVectors > 1) {
    if (vectors < kVectors) return columns<kVectors - 1>(vectors, size, at, add);
  }
  constexpr Index kMost = kTileRows[kVectors - 1];
  for (Index left = size.m; left > 0;) {
    // Two tiles of about equal height at the end keep the processor's units busier than a low one.
    const Index rows = left <= kMost ? left : left < 2 * kMost ? (left + 1) / 2 : kMost;
    if (rows == kMost) {
      tile<kMost, kVectors>(size, at, add);
    } else {
      tile_of<kVectors, kMost - 1>(rows, size, at, add);
    }
    at.a += rows * size.lda;
    at.c += rows * size.ldc;
    left -= rows;
  }
}

void multiply(ProductSize size, const float* a, const float* b, float* c, bool add) {
  const Index whole = size.n / kLanes;
  for (Index v = 0; v < whole; v += kTileVectors) {
    columns(v + kTileVectors <= whole ? kTileVectors : whole - v, size, {a, b + v * kLanes, c + v * kLanes},
            add);
  }
  const Index done = whole * kLanes;
  if (done < size.n) narrow_columns(size, {a, b + done, c + done}, size.n - done, add);
}

}  // namespace

extern const Product kProduct;
const Product kProduct = multiply;

}  // namespace dcgan::kernels::DCGAN_LEVEL
