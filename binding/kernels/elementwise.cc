// This file is compiled once for each level. DCGAN_LEVEL is the level's name; elementwise_levels.cc chooses.
// Compilers do not vectorise loops that mix element sizes, so each loop does one thing, one row at a time.

#include "kernels/elementwise.h"

#include <utility>

namespace dcgan::kernels::DCGAN_LEVEL {

namespace {

constexpr Index kMostChannels = kDenseMap.channels;
constexpr Index kSide = kImage.side;
constexpr Index kHalf = kHidden1.side;

/// (1 − weight) a + weight b, computed from the nearer end, as LibTorch does.
template <class A>
struct Blend {
  explicit Blend(A weight) : near_a(weight < A(0.5)), factor(near_a ? weight : weight - 1) {}
  A operator()(A a, A b) const { return (near_a ? a : b) + factor * (b - a); }
  bool near_a;
  A factor;
};

#if defined(__AVX2__)
constexpr Index kLanes = 8;
#else
constexpr Index kLanes = 4;
#endif
typedef float Vector __attribute__((vector_size(kLanes * sizeof(float))));

/// The side of the blocks in which a matrix is transposed.
template <class S>
constexpr Index kBlock = std::is_same_v<S, float> ? kLanes : 16;

template <class S>
void transpose_block(const S* x, Index ldx, S* out, Index ld) {
  for (Index c = 0; c < kBlock<S>; ++c) {
#pragma GCC ivdep
    for (Index n = 0; n < kBlock<S>; ++n) out[c * ld + n] = x[n * ldx + c];
  }
}

#if defined(__clang__) || __GNUC__ >= 12
/// Exchanges the upper right and the lower left quarter of each square of 2 · kDistance elements of two
/// vectors that are kDistance rows apart.
template <Index kDistance, std::size_t... kLane>
void exchange(Vector& upper, Vector& lower, std::index_sequence<kLane...>) {
  const Vector left = __builtin_shufflevector(
      upper, lower, ((kLane & kDistance) == 0 ? kLane : kLane - kDistance + kLanes)...);
  lower = __builtin_shufflevector(upper, lower,
                                  ((kLane & kDistance) == 0 ? kLane + kDistance : kLane + kLanes)...);
  upper = left;
}

template <Index kDistance>
void exchange_rows(Vector* rows) {
#pragma GCC unroll 8
  for (Index n = 0; n < kLanes; ++n) {
    if ((n & kDistance) == 0)
      exchange<kDistance>(rows[n], rows[n + kDistance], std::make_index_sequence<kLanes>());
  }
}

/// In registers.
template <>
void transpose_block(const float* x, Index ldx, float* out, Index ld) {
  Vector rows[kLanes];
#pragma GCC unroll 8
  for (Index n = 0; n < kLanes; ++n) __builtin_memcpy(&rows[n], x + n * ldx, sizeof(Vector));
  exchange_rows<1>(rows);
  exchange_rows<2>(rows);
  if constexpr (kLanes > 4) exchange_rows<4>(rows);
#pragma GCC unroll 8
  for (Index c = 0; c < kLanes; ++c) __builtin_memcpy(out + c * ld, &rows[c], sizeof(Vector));
}
#endif

template <class S>
struct Loops {
  using A = SumOf<S>;

  static void narrow_row(const A* row, Index columns, S* out) {
#pragma GCC ivdep
    for (Index c = 0; c < columns; ++c) out[c] = narrow<S>(row[c]);
  }

  /// Multiplies by the slope of LeakyReLU(0.2) and dropout.
  static void slope_row(A* row, const std::uint8_t* code, A scale, Index columns) {
    const A leak = scale * A(0.2);
#pragma GCC ivdep
    for (Index c = 0; c < columns; ++c) row[c] *= code[c] == 2 ? scale : code[c] == 1 ? leak : A(0);
  }

  static void round(const A* sums, Index count, S* out) { narrow_row(sums, count, out); }

  static void transpose(const S* x, Index ldx, TileSize size, S* out, Index ld) {
    const Index rows = size.rows / kBlock<S> * kBlock<S>, columns = size.columns / kBlock<S> * kBlock<S>;
    for (Index n = 0; n < rows; n += kBlock<S>) {
      for (Index c = 0; c < columns; c += kBlock<S>)
        transpose_block(x + n * ldx + c, ldx, out + c * ld + n, ld);
    }
    for (Index c = 0; c < size.columns; ++c) {
      for (Index n = c < columns ? rows : 0; n < size.rows; ++n) out[c * ld + n] = x[n * ldx + c];
    }
  }

  static void pack(const S* x, TileSize size, S* out) {
    const auto [rows, columns] = size;
    if constexpr (!kPairs<S>) {
#pragma GCC ivdep
      for (Index i = 0; i < rows * columns; ++i) out[i] = x[i];
      return;
    }
    for (Index k = 0; k < rows; k += 2) {
      const S* even = x + k * columns;
      S* pairs = out + k * columns;
      if (k + 1 < rows) {
        const S* odd = even + columns;
#pragma GCC ivdep
        for (Index n = 0; n < columns; ++n) {
          pairs[2 * n] = even[n];
          pairs[2 * n + 1] = odd[n];
        }
      } else {
#pragma GCC ivdep
        for (Index n = 0; n < columns; ++n) {
          pairs[2 * n] = even[n];
          pairs[2 * n + 1] = S{};
        }
      }
    }
  }

  static void column_stats(const S* y, TileSize size, A* mean, A* squares) {
    const auto [rows, columns] = size;
#pragma GCC ivdep
    for (Index c = 0; c < columns; ++c) mean[c] = squares[c] = 0;
    for (Index n = 0; n < rows; ++n) {
#pragma GCC ivdep
      for (Index c = 0; c < columns; ++c) mean[c] += widen(y[n * columns + c]);
    }
#pragma GCC ivdep
    for (Index c = 0; c < columns; ++c) mean[c] /= static_cast<A>(rows);
    for (Index n = 0; n < rows; ++n) {
#pragma GCC ivdep
      for (Index c = 0; c < columns; ++c) {
        const A deviation = widen(y[n * columns + c]) - mean[c];
        squares[c] += deviation * deviation;
      }
    }
  }

  static void normalise(const S* y, TileSize size, const Features<A>& features, S* out) {
    const A* scale = features.scale;
    const A* shift = features.shift;
    for (Index n = 0; n < size.rows; ++n) {
      const Index at = n * size.columns;
#pragma GCC ivdep
      for (Index c = 0; c < size.columns; ++c) {
        const A z = widen(y[at + c]) * scale[c] + shift[c];
        out[at + c] = narrow<S>(z > 0 ? z : A(0));
      }
    }
  }

  static void rectify(const A* sums, const A* shift, TileSize size, S* out) {
    for (Index n = 0; n < size.rows; ++n) {
      const Index at = n * size.columns;
#pragma GCC ivdep
      for (Index c = 0; c < size.columns; ++c) {
        const A z = sums[at + c] + shift[c];
        out[at + c] = narrow<S>(z > 0 ? z : A(0));
      }
    }
  }

  static void rectify_backward(const A* sums, Hidden<S> hidden, TileSize size, const Features<A>& features,
                               HiddenGradient<S> out) {
    const Index columns = size.columns;
    const auto [y, activation] = hidden;
    const auto [dz, total, total_normalised] = out;
    const A* mean = features.mean;
    const A* inverse = features.inverse;
#pragma GCC ivdep
    for (Index c = 0; c < columns; ++c) total[c] = total_normalised[c] = 0;
    A row[kMostChannels];
    for (Index n = 0; n < size.rows; ++n) {
      const Index at = n * columns;
#pragma GCC ivdep
      for (Index c = 0; c < columns; ++c) row[c] = widen(activation[at + c]) > 0 ? sums[at + c] : A(0);
      narrow_row(row, columns, dz + at);
#pragma GCC ivdep
      for (Index c = 0; c < columns; ++c) {
        const A g = widen(dz[at + c]);
        total[c] += g;
        total_normalised[c] += g * (widen(y[at + c]) - mean[c]) * inverse[c];
      }
    }
  }

  static void normalise_backward(const S* y, TileSize size, const Features<A>& features, S* dz) {
    const auto [mean, inverse, scale, shift, mean_dz, mean_dz_normalised] = features;
    for (Index n = 0; n < size.rows; ++n) {
      const Index at = n * size.columns;
#pragma GCC ivdep
      for (Index c = 0; c < size.columns; ++c) {
        const A normalised = (widen(y[at + c]) - mean[c]) * inverse[c];
        dz[at + c] =
            narrow<S>(scale[c] * (widen(dz[at + c]) - mean_dz[c] - normalised * mean_dz_normalised[c]));
      }
    }
  }

  static void leak_and_drop(const A* sums, const A* bias, TileSize size, Slopes<A, std::uint8_t> slopes,
                            S* out) {
    const Index columns = size.columns;
    A row[kMostChannels];
    for (Index n = 0; n < size.rows; ++n) {
      const Index at = n * columns;
      std::uint8_t* code = slopes.code + at;
#pragma GCC ivdep
      for (Index c = 0; c < columns; ++c) row[c] = sums[at + c] + bias[c];
#pragma GCC ivdep
      for (Index c = 0; c < columns; ++c)
        code[c] = static_cast<std::uint8_t>(code[c] << (row[c] > 0 ? 1 : 0));
      slope_row(row, code, slopes.scale, columns);
      narrow_row(row, columns, out + at);
    }
  }

  static void leak_and_drop_backward(const A* grad, Slopes<A, const std::uint8_t> slopes, TileSize size,
                                     S* dz, A* total) {
    const Index columns = size.columns;
#pragma GCC ivdep
    for (Index c = 0; c < columns; ++c) total[c] = 0;
    A row[kMostChannels];
    for (Index n = 0; n < size.rows; ++n) {
      const Index at = n * columns;
#pragma GCC ivdep
      for (Index c = 0; c < columns; ++c) row[c] = grad[at + c];
      slope_row(row, slopes.code + at, slopes.scale, columns);
      narrow_row(row, columns, dz + at);
#pragma GCC ivdep
      for (Index c = 0; c < columns; ++c) total[c] += widen(dz[at + c]);
    }
  }

  template <class W>
  static W* head_of(Heads<W> heads, Index n) {
    return heads.labels == nullptr ? heads.weights : heads.weights + heads.labels[n] * heads.stride;
  }

  static void row_products(const S* x, TileSize size, Heads<const A> heads, A* out) {
    for (Index n = 0; n < size.rows; ++n) {
      const A* w = head_of(heads, n);
      A sum = 0;
#pragma omp simd reduction(+ : sum)
      for (Index c = 0; c < size.columns; ++c) sum += widen(x[n * size.columns + c]) * w[c];
      out[n] = sum;
    }
  }

  static void column_products(const S* x, TileSize size, const A* g, Heads<A> heads) {
    for (Index n = 0; n < size.rows; ++n) {
      A* w = head_of(heads, n);
#pragma GCC ivdep
      for (Index c = 0; c < size.columns; ++c) w[c] += g[n] * widen(x[n * size.columns + c]);
    }
  }

  static void outer_product(const A* g, Heads<const A> heads, TileSize size, A* out) {
    for (Index n = 0; n < size.rows; ++n) {
      const A* w = head_of(heads, n);
#pragma GCC ivdep
      for (Index c = 0; c < size.columns; ++c) out[n * size.columns + c] = g[n] * w[c];
    }
  }

  static void blend(S* x, const A* a, const S* y, const A* b, TileSize size) {
    for (Index n = 0; n < size.rows; ++n) {
      const Index at = n * size.columns;
#pragma GCC ivdep
      for (Index c = 0; c < size.columns; ++c) {
        x[at + c] = narrow<S>(a[n] * widen(x[at + c]) + b[n] * widen(y[at + c]));
      }
    }
  }

  static void patch(const A* picture, Index count, Index pixel, S* out, Index ld) {
    for (Index tap = 0; tap < kHalve.taps(); ++tap) {
      const Index row = pixel / kHalf * kHalve.stride - kHalve.padding + tap / kHalve.side;
      const Index column = pixel % kHalf * kHalve.stride - kHalve.padding + tap % kHalve.side;
      S* to = out + tap * ld;
      if (row < 0 || row >= kSide || column < 0 || column >= kSide) {
#pragma GCC ivdep
        for (Index n = 0; n < count; ++n) to[n] = S{};
      } else {
        const A* from = picture + (row * kSide + column) * count;
#pragma GCC ivdep
        for (Index n = 0; n < count; ++n) to[n] = narrow<S>(from[n]);
      }
    }
  }

  static void patch_adjoint(const A* parts, Index count, Index pixel, A* out) {
    // Rows and columns of the picture with the padding: y = 2 i + k for the tap's row k of the patch in row
    // i.
    const Index y = pixel / kSide + kHalve.padding;
    const Index x = pixel % kSide + kHalve.padding;
#pragma GCC ivdep
    for (Index n = 0; n < count; ++n) out[n] = 0;
    for (Index ky = y % kHalve.stride; ky < kHalve.side && ky <= y; ky += kHalve.stride) {
      const Index i = (y - ky) / kHalve.stride;
      if (i >= kHalf) continue;
      for (Index kx = x % kHalve.stride; kx < kHalve.side && kx <= x; kx += kHalve.stride) {
        const Index j = (x - kx) / kHalve.stride;
        if (j >= kHalf) continue;
        const A* from = parts + ((i * kHalf + j) * kHalve.taps() + ky * kHalve.side + kx) * count;
#pragma GCC ivdep
        for (Index n = 0; n < count; ++n) out[n] += from[n];
      }
    }
  }

  /// tanh |x| = t / (t + 2), where t = exp(2 |x|) − 1. With 2 |x| = n log 2 + r, t = 2ⁿ (eʳ − 1) + (2ⁿ − 1),
  /// and eight terms of its series give eʳ − 1 as exactly as float32 holds it.
  static float tanh_of(float x) {
    constexpr float kLargest = 20;  // of 2 |x|: beyond it, the result is 1
    constexpr float kLog2 = 0.693359375F, kLog2Rest = -2.12194440e-4F;
    constexpr float kRound = 12582912.0F;  // 1.5 · 2²³: added and subtracted, it rounds to an integer
    const float wide = 2 * (x < 0 ? -x : x);
    const float y = wide < kLargest ? wide : kLargest;
    const float n = (y * 1.44269504F + kRound) - kRound;
    const float r = (y - n * kLog2) - n * kLog2Rest;
    constexpr float kFactors[] = {1.0F / 5040, 1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F};
    float series = 1.0F / 40320;
    for (int i = 0; i < 7; ++i) series = series * r + kFactors[i];
    const std::int32_t bits = (static_cast<std::int32_t>(n) + 127) << 23;
    float power;
    std::memcpy(&power, &bits, sizeof power);
    const float t = power * (series * r) + (power - 1);
    const float result = t / (t + 2);
    return x < 0 ? -result : wide == wide ? result : wide;
  }

  static void tanh(A* x, Index count) {
    if constexpr (std::is_same_v<A, double>) {
      for (Index i = 0; i < count; ++i) x[i] = __builtin_tanh(x[i]);
    } else {
#pragma GCC ivdep
      for (Index i = 0; i < count; ++i) x[i] = tanh_of(x[i]);
    }
  }

  static void sum_patches(const A* parts, A* picture) {
    constexpr Index side = kSide + 2 * kHalve.padding;
    A padded[side * side];
    for (Index i = 0; i < side * side; ++i) padded[i] = 0;
    for (Index y = 0; y < kHalf; ++y) {
      for (Index x = 0; x < kHalf; ++x) {
        A* corner = padded + kHalve.stride * (y * side + x);
        for (Index row = 0; row < kHalve.side; ++row) {
          for (Index column = 0; column < kHalve.side; ++column) corner[row * side + column] += *parts++;
        }
      }
    }
    for (Index y = 0; y < kSide; ++y) {
      for (Index x = 0; x < kSide; ++x) {
        *picture++ = padded[(y + kHalve.padding) * side + x + kHalve.padding];
      }
    }
  }

  static float root_of(float x) { return __builtin_sqrtf(x); }
  static double root_of(double x) { return __builtin_sqrt(x); }

  static void adam(const A* gradient, Index count, const AdamRates& rates, Moments<A> moments, A* values) {
    const A beta2 = static_cast<A>(rates.beta2), eps = static_cast<A>(rates.eps);
    const A weight2 = static_cast<A>(1 - rates.beta2);
    const Blend<A> blend(static_cast<A>(1 - rates.beta1));
    const A size = static_cast<A>(rates.step_size), root = static_cast<A>(rates.squares_correction_root);
    A* mean = moments.mean;
    A* squares = moments.squares;
#pragma GCC ivdep
    for (Index i = 0; i < count; ++i) {
      const A g = gradient[i];
      mean[i] = blend(mean[i], g);
      squares[i] = squares[i] * beta2 + weight2 * g * g;
      values[i] = values[i] - size * mean[i] / (root_of(squares[i]) / root + eps);
    }
  }

  static void average(const A* values, Index count, A weight, A* into) {
    const Blend<A> blend(weight);
#pragma GCC ivdep
    for (Index i = 0; i < count; ++i) into[i] = blend(into[i], values[i]);
  }

  static constexpr Elementwise<S> kTable = {round,
                                            transpose,
                                            pack,
                                            column_stats,
                                            normalise,
                                            rectify,
                                            rectify_backward,
                                            normalise_backward,
                                            leak_and_drop,
                                            leak_and_drop_backward,
                                            row_products,
                                            column_products,
                                            outer_product,
                                            blend,
                                            patch,
                                            patch_adjoint,
                                            sum_patches,
                                            tanh,
                                            adam,
                                            average};
};

}  // namespace

extern const Elementwise<float> kFloat32;
extern const Elementwise<double> kFloat64;
extern const Elementwise<BFloat16> kBFloat16;
const Elementwise<float> kFloat32 = Loops<float>::kTable;
const Elementwise<double> kFloat64 = Loops<double>::kTable;
const Elementwise<BFloat16> kBFloat16 = Loops<BFloat16>::kTable;

}  // namespace dcgan::kernels::DCGAN_LEVEL
