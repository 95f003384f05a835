#pragma once

// The passes between the matrix products, each over one pixel's tile: N images × C channels, row-major.
// Compiled with AVX-512 where the fused step may use it, hence plain pointers and no library code at all: an
// inline function of a library, compiled here, could be the copy that the linker keeps for everybody.

#include <cstdint>

#include "training/fused/arithmetic.h"

namespace dcgan::fused {

using Index = std::int64_t;

template <class S>
struct Elementwise {
  using A = SumOf<S>;

  static void round(const A* sums, Index count, S* out);
  /// out[c][n] = x[n][c]; `ld` ≥ rows is the length of a row of `out`, zero beyond `rows`.
  static void transpose(const S* x, Index rows, Index columns, S* out, Index ld);
  /// The second operand of a bfloat16 product: out[k / 2][n][2], an odd last row paired with zeros. A plain
  /// copy in other types.
  static void pack(const S* x, Index rows, Index columns, S* out);

  /// Batch normalisation (Ioffe & Szegedy 2015): mean, and sum of squared deviations, of each column.
  static void column_stats(const S* y, Index rows, Index columns, A* mean, A* squares);
  /// max(0, y scale + shift).
  static void normalise(const S* y, Index rows, Index columns, const A* scale, const A* shift, S* out);
  /// max(0, sums + shift).
  static void rectify(const A* sums, const A* shift, Index rows, Index columns, S* out);
  /// dz = sums where the activation is positive; its sums, and its sums times the normalised y.
  static void rectify_backward(const A* sums, const S* activation, const S* y, Index rows, Index columns,
                               const A* mean, const A* inverse, S* dz, A* total, A* total_normalised);
  /// dy = scale (dz − mean_dz − ŷ mean_dz_normalised).
  static void normalise_backward(const S* dz, const S* y, Index rows, Index columns, const A* mean,
                                 const A* inverse, const A* scale, const A* mean_dz,
                                 const A* mean_dz_normalised, S* dy);

  /// LeakyReLU(0.2) of sums + bias, then dropout by `keep` (null: all kept) with this scale. `code` remembers
  /// 0 for a dropped element, 1 for a kept one that was not positive, 2 for a kept positive one.
  static void leak_and_drop(const A* sums, const A* bias, const std::uint8_t* keep, A scale, Index rows,
                            Index columns, S* out, std::uint8_t* code);
  /// dz = the gradient times the slope that `code` tells; its column sums.
  static void leak_and_drop_backward(const A* grad, const std::uint8_t* code, A scale, Index rows,
                                     Index columns, S* dz, A* total);

  /// out[n] = Σ x[n][c] w[c].
  static void row_products(const S* x, Index rows, Index columns, const A* w, A* out);
  /// out[c] = Σ g[n] x[n][c].
  static void column_products(const S* x, Index rows, Index columns, const A* g, A* out);
  /// out[n][c] = g[n] w[c].
  static void outer_product(const A* g, const A* w, Index rows, Index columns, A* out);

  /// The 4 × 4 patch, stride 2, padding 1, of a 28 × 28 picture at pixel (y, x) of 14 × 14:
  /// out[tap][n], rows of length `ld`, from picture[pixel][n], n < `count`.
  static void patch(const A* picture, Index count, Index y, Index x, S* out, Index ld);
  /// Its adjoint for one pixel of the picture: Σ parts[pixel of 14 × 14][tap][n] over the patches that hold
  /// it.
  static void patch_adjoint(const A* parts, Index count, Index y, Index x, A* out);
  /// The same for all pixels of one picture, from parts[pixel of 14 × 14][tap].
  static void patches_to_picture(const A* parts, A* picture);
};

}  // namespace dcgan::fused
