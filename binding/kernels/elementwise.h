#pragma once

#include "kernels/arithmetic.h"
#include "sizes.h"

namespace dcgan::kernels {

/// A tile: the images of a mini-batch at one pixel × their channels, row-major.
struct TileSize {
  Index rows;
  Index columns;
};

/// Batch normalisation's values for the channels of one pixel: y is normalised to (y − mean) · inverse, and
/// then scaled and shifted.
template <class A>
struct Features {
  const A* mean;
  const A* inverse;
  const A* scale;
  const A* shift;
  const A* mean_dz;             // mean gradient of the loss with respect to z = y scale + shift
  const A* mean_dz_normalised;  // mean of that gradient times the normalised y
};

/// A layer's output at one pixel, before batch normalisation and after the ReLU.
template <class S>
struct Hidden {
  const S* y;
  const S* activation;
};

/// The gradients dz of the loss with respect to z at one pixel, their sums over the images, and the sums of
/// dz times the normalised y.
template <class S>
struct HiddenGradient {
  S* dz;
  SumOf<S>* total;
  SumOf<S>* total_normalised;
};

/// The slopes of LeakyReLU(0.2) and dropout at each element.
template <class A, class Code>
struct Slopes {
  Code* code;  // 0: dropped; 1: kept and not positive; 2: kept and positive
  A scale;     // of kept elements, 1 / (1 − p)
};

/// Weight vectors for one pixel's channels, one per class, `stride` apart. Image n uses the vector of its
/// label. Without classes there is one vector, and no labels.
template <class A>
struct Heads {
  A* weights;
  Index stride;
  const std::uint8_t* labels;
};

/// Adam's values of one parameter, at this step.
template <class A>
struct Moments {
  A* mean;     // of the gradients
  A* squares;  // mean of their squares
};

/// Adam's factors at one step (Kingma & Ba 2015).
struct AdamRates {
  double beta1;
  double beta2;
  double eps;
  double step_size;                // learning rate / (1 − beta1^step)
  double squares_correction_root;  // √(1 − beta2^step)
};

/// The passes between the matrix products, each over one tile. elementwise.cc is compiled once for each level
/// (processor.h). It uses plain pointers and no library, because the linker might keep a library's inline
/// function that was compiled for AVX-512, and use it everywhere.
template <class S>
struct Elementwise {
  using A = SumOf<S>;

  /// Rounds `count` sums.
  void (*round)(const A* sums, Index count, S* out);
  /// out[c][n] = x[n][c]. Rows of `x` are `ldx` apart, rows of `out` `ld`.
  void (*transpose)(const S* x, Index ldx, TileSize size, S* out, Index ld);
  /// Copies rows into the right operand's form (packed_index).
  void (*pack)(const S* x, TileSize size, S* out);

  /// Batch normalisation (Ioffe & Szegedy 2015): the mean and the sum of squared deviations of each column.
  void (*column_stats)(const S* y, TileSize size, A* mean, A* squares);
  /// max(0, y scale + shift).
  void (*normalise)(const S* y, TileSize size, const Features<A>& features, S* out);
  /// max(0, sums + shift).
  void (*rectify)(const A* sums, const A* shift, TileSize size, S* out);
  /// dz = sums where the activation is positive, otherwise 0.
  void (*rectify_backward)(const A* sums, Hidden<S> hidden, TileSize size, const Features<A>& features,
                           HiddenGradient<S> out);
  /// Turns dz, in place, into the gradient with respect to y: scale (dz − mean_dz − ŷ mean_dz_normalised).
  void (*normalise_backward)(const S* y, TileSize size, const Features<A>& features, S* dz);

  /// LeakyReLU(0.2) of sums + bias, then dropout. Before the call, `code` is 1 for each element to keep.
  /// Afterwards it is 2 where such an element is positive.
  void (*leak_and_drop)(const A* sums, const A* bias, TileSize size, Slopes<A, std::uint8_t> slopes, S* out);
  /// dz = grad times each element's slope, and the column sums of dz. The same pass carries a tangent forward
  /// through LeakyReLU and dropout.
  void (*leak_and_drop_backward)(const A* grad, Slopes<A, const std::uint8_t> slopes, TileSize size, S* dz,
                                 A* total);

  /// out[n] = Σ x[n][c] w[c], where w is the head of image n.
  void (*row_products)(const S* x, TileSize size, Heads<const A> heads, A* out);
  /// Adds g[n] x[n][c] to w[c], where w is the head of image n.
  void (*column_products)(const S* x, TileSize size, const A* g, Heads<A> heads);
  /// out[n][c] = g[n] w[c], where w is the head of image n.
  void (*outer_product)(const A* g, Heads<const A> heads, TileSize size, A* out);

  /// x[n][c] = a[n] x[n][c] + b[n] y[n][c].
  void (*blend)(S* x, const A* a, const S* y, const A* b, TileSize size);

  /// Copies the patch of the pictures under kHalve's window at one pixel of the halved map: out[tap][n], with
  /// rows `ld` apart, from picture[pixel][n], n < count.
  void (*patch)(const A* picture, Index count, Index pixel, S* out, Index ld);
  /// Sums all elements of the patches, parts[pixel of the halved map][tap][n], that belong to one pixel of
  /// the picture.
  void (*patch_adjoint)(const A* parts, Index count, Index pixel, A* out);
  /// Does that for all pixels of one picture, of 28 × 28 pixels.
  void (*sum_patches)(const A* parts, A* picture);
  /// Replaces each value by its hyperbolic tangent.
  void (*tanh)(A* x, Index count);

  /// Updates `count` values of a parameter and their moments.
  void (*adam)(const A* gradient, Index count, const AdamRates& rates, Moments<A> moments, A* values);
  /// Moves `into` towards `values`: into += weight (values − into).
  void (*average)(const A* values, Index count, A weight, A* into);
};

/// Returns the passes compiled for this processor.
template <class S>
const Elementwise<S>& elementwise();

}  // namespace dcgan::kernels
