#include "training/fused/elementwise.h"

namespace dcgan::fused {

namespace {

/// The widest layer. A row at a time in registers and the first cache: loops that mix element sizes are not
/// turned into vector code, so each does one thing.
constexpr Index kMostChannels = 256;

template <class S, class A>
inline void narrow_row(const A* row, Index columns, S* out) {
#pragma GCC ivdep
  for (Index c = 0; c < columns; ++c) out[c] = narrow<S>(row[c]);
}

/// Times the slope of LeakyReLU(0.2) and dropout that `code` tells.
template <class A>
inline void slope_row(A* row, const std::uint8_t* code, A scale, Index columns) {
  const A leak = scale * A(0.2);
#pragma GCC ivdep
  for (Index c = 0; c < columns; ++c) row[c] *= code[c] == 2 ? scale : code[c] == 1 ? leak : A(0);
}

}  // namespace

template <class S>
void Elementwise<S>::round(const A* sums, Index count, S* out) {
#pragma GCC ivdep
  for (Index i = 0; i < count; ++i) out[i] = narrow<S>(sums[i]);
}

template <class S>
void Elementwise<S>::transpose(const S* x, Index rows, Index columns, S* out, Index ld) {
  constexpr Index block = 16;
  for (Index c0 = 0; c0 < columns; c0 += block) {
    const Index c1 = c0 + block < columns ? c0 + block : columns;
    for (Index n0 = 0; n0 < rows; n0 += block) {
      const Index n1 = n0 + block < rows ? n0 + block : rows;
      for (Index c = c0; c < c1; ++c) {
#pragma GCC ivdep
        for (Index n = n0; n < n1; ++n) out[c * ld + n] = x[n * columns + c];
      }
    }
    for (Index c = c0; c < c1; ++c) {
      for (Index n = rows; n < ld; ++n) out[c * ld + n] = S{};
    }
  }
}

template <class S>
void Elementwise<S>::pack(const S* x, Index rows, Index columns, S* out) {
#pragma GCC ivdep
  for (Index i = 0; i < rows * columns; ++i) out[i] = x[i];
}

template <>
void Elementwise<BFloat16>::pack(const BFloat16* x, Index rows, Index columns, BFloat16* out) {
  for (Index k = 0; k < rows; k += 2) {
    const BFloat16* even = x + k * columns;
    BFloat16* pairs = out + k * columns;
    if (k + 1 < rows) {
      const BFloat16* odd = even + columns;
#pragma GCC ivdep
      for (Index n = 0; n < columns; ++n) {
        pairs[2 * n] = even[n];
        pairs[2 * n + 1] = odd[n];
      }
    } else {
#pragma GCC ivdep
      for (Index n = 0; n < columns; ++n) {
        pairs[2 * n] = even[n];
        pairs[2 * n + 1] = BFloat16{};
      }
    }
  }
}

template <class S>
void Elementwise<S>::column_stats(const S* y, Index rows, Index columns, A* mean, A* squares) {
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

template <class S>
void Elementwise<S>::normalise(const S* y, Index rows, Index columns, const A* scale, const A* shift,
                               S* out) {
  for (Index n = 0; n < rows; ++n) {
#pragma GCC ivdep
    for (Index c = 0; c < columns; ++c) {
      const A z = widen(y[n * columns + c]) * scale[c] + shift[c];
      out[n * columns + c] = narrow<S>(z > 0 ? z : A(0));
    }
  }
}

template <class S>
void Elementwise<S>::rectify(const A* sums, const A* shift, Index rows, Index columns, S* out) {
  for (Index n = 0; n < rows; ++n) {
#pragma GCC ivdep
    for (Index c = 0; c < columns; ++c) {
      const A z = sums[n * columns + c] + shift[c];
      out[n * columns + c] = narrow<S>(z > 0 ? z : A(0));
    }
  }
}

template <class S>
void Elementwise<S>::rectify_backward(const A* sums, const S* activation, const S* y, Index rows,
                                      Index columns, const A* mean, const A* inverse, S* dz, A* total,
                                      A* total_normalised) {
#pragma GCC ivdep
  for (Index c = 0; c < columns; ++c) total[c] = total_normalised[c] = 0;
  A row[kMostChannels];
  for (Index n = 0; n < rows; ++n) {
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

template <class S>
void Elementwise<S>::normalise_backward(const S* dz, const S* y, Index rows, Index columns, const A* mean,
                                        const A* inverse, const A* scale, const A* mean_dz,
                                        const A* mean_dz_normalised, S* dy) {
  for (Index n = 0; n < rows; ++n) {
#pragma GCC ivdep
    for (Index c = 0; c < columns; ++c) {
      const Index i = n * columns + c;
      const A normalised = (widen(y[i]) - mean[c]) * inverse[c];
      dy[i] = narrow<S>(scale[c] * (widen(dz[i]) - mean_dz[c] - normalised * mean_dz_normalised[c]));
    }
  }
}

template <class S>
void Elementwise<S>::leak_and_drop(const A* sums, const A* bias, const std::uint8_t* keep, A scale,
                                   Index rows, Index columns, S* out, std::uint8_t* code) {
  A row[kMostChannels];
  for (Index n = 0; n < rows; ++n) {
    const Index at = n * columns;
#pragma GCC ivdep
    for (Index c = 0; c < columns; ++c) row[c] = sums[at + c] + bias[c];
#pragma GCC ivdep
    for (Index c = 0; c < columns; ++c) code[at + c] = static_cast<std::uint8_t>(row[c] > 0 ? 2 : 1);
    if (keep != nullptr) {
#pragma GCC ivdep
      for (Index c = 0; c < columns; ++c)
        code[at + c] = static_cast<std::uint8_t>(code[at + c] * keep[at + c]);
    }
    slope_row(row, code + at, scale, columns);
    narrow_row(row, columns, out + at);
  }
}

template <class S>
void Elementwise<S>::leak_and_drop_backward(const A* grad, const std::uint8_t* code, A scale, Index rows,
                                            Index columns, S* dz, A* total) {
#pragma GCC ivdep
  for (Index c = 0; c < columns; ++c) total[c] = 0;
  A row[kMostChannels];
  for (Index n = 0; n < rows; ++n) {
    const Index at = n * columns;
#pragma GCC ivdep
    for (Index c = 0; c < columns; ++c) row[c] = grad[at + c];
    slope_row(row, code + at, scale, columns);
    narrow_row(row, columns, dz + at);
#pragma GCC ivdep
    for (Index c = 0; c < columns; ++c) total[c] += widen(dz[at + c]);
  }
}

template <class S>
void Elementwise<S>::row_products(const S* x, Index rows, Index columns, const A* w, A* out) {
  for (Index n = 0; n < rows; ++n) {
    A sum = 0;
#pragma omp simd reduction(+ : sum)
    for (Index c = 0; c < columns; ++c) sum += widen(x[n * columns + c]) * w[c];
    out[n] = sum;
  }
}

template <class S>
void Elementwise<S>::column_products(const S* x, Index rows, Index columns, const A* g, A* out) {
#pragma GCC ivdep
  for (Index c = 0; c < columns; ++c) out[c] = 0;
  for (Index n = 0; n < rows; ++n) {
#pragma GCC ivdep
    for (Index c = 0; c < columns; ++c) out[c] += g[n] * widen(x[n * columns + c]);
  }
}

template <class S>
void Elementwise<S>::outer_product(const A* g, const A* w, Index rows, Index columns, A* out) {
  for (Index n = 0; n < rows; ++n) {
#pragma GCC ivdep
    for (Index c = 0; c < columns; ++c) out[n * columns + c] = g[n] * w[c];
  }
}

template <class S>
void Elementwise<S>::patch(const A* picture, Index count, Index y, Index x, S* out, Index ld) {
  for (Index tap = 0; tap < 16; ++tap) {
    const Index row = 2 * y - 1 + tap / 4;
    const Index column = 2 * x - 1 + tap % 4;
    S* to = out + tap * ld;
    if (row < 0 || row >= 28 || column < 0 || column >= 28) {
#pragma GCC ivdep
      for (Index n = 0; n < count; ++n) to[n] = S{};
    } else {
      const A* from = picture + (row * 28 + column) * count;
#pragma GCC ivdep
      for (Index n = 0; n < count; ++n) to[n] = narrow<S>(from[n]);
    }
  }
}

template <class S>
void Elementwise<S>::patch_adjoint(const A* parts, Index count, Index y, Index x, A* out) {
#pragma GCC ivdep
  for (Index n = 0; n < count; ++n) out[n] = 0;
  // y = 2 i − 1 + k with k in 0…3: two rows i hold it, one where the picture ends.
  for (Index ky = (y + 1) % 2; ky < 4; ky += 2) {
    const Index i = (y + 1 - ky) / 2;
    if (y + 1 < ky || i >= 14) continue;
    for (Index kx = (x + 1) % 2; kx < 4; kx += 2) {
      const Index j = (x + 1 - kx) / 2;
      if (x + 1 < kx || j >= 14) continue;
      const A* from = parts + ((i * 14 + j) * 16 + ky * 4 + kx) * count;
#pragma GCC ivdep
      for (Index n = 0; n < count; ++n) out[n] += from[n];
    }
  }
}

template <class S>
void Elementwise<S>::patches_to_picture(const A* parts, A* picture) {
  for (Index y = 0; y < 28; ++y) {
    for (Index x = 0; x < 28; ++x) patch_adjoint(parts, 1, y, x, picture + y * 28 + x);
  }
}

template struct Elementwise<float>;
template struct Elementwise<double>;
template struct Elementwise<BFloat16>;

}  // namespace dcgan::fused
