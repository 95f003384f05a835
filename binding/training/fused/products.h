#pragma once

#include <ATen/Parallel.h>
#include <ATen/native/CPUBlas.h>

#include <algorithm>
#include <exception>
#include <vector>

#include "training/fused/elementwise.h"
#include "training/fused/taps.h"

namespace dcgan::fused {

/// C (+)= A B, all row-major, rows of C `ldc` apart; B packed by Elementwise::pack. oneDNN's micro-kernels:
/// AVX-512, or AMX where the processor has it. A row of C depends on that row of A alone, whatever their
/// number.
inline void multiply(Index m, Index n, Index k, const float* a, const float* b, float* c, Index ldc,
                     bool add) {
  at::native::cpublas::brgemm(m, n, k, k, n, ldc, add, a, b, c, /*is_vnni=*/false);
}
inline void multiply(Index m, Index n, Index k, const BFloat16* a, const BFloat16* b, float* c, Index ldc,
                     bool add) {
  at::native::cpublas::brgemm(m, n, k, k, n, ldc, add, reinterpret_cast<const at::BFloat16*>(a),
                              reinterpret_cast<const at::BFloat16*>(b), c, /*is_vnni=*/true);
}
/// For the finite-difference tests: plain, since LibTorch exports no float64 product.
inline void multiply(Index m, Index n, Index k, const double* a, const double* b, double* c, Index ldc,
                     bool add) {
  for (Index i = 0; i < m; ++i) {
    if (!add) std::fill_n(c + i * ldc, n, 0.0);
    for (Index inner = 0; inner < k; ++inner) {
      for (Index j = 0; j < n; ++j) c[i * ldc + j] += a[i * k + inner] * b[inner * n + j];
    }
  }
}

/// Gives back what the micro-kernels hold of the processor (AMX tiles), at the end of a thread's share.
inline void finish_products(const BFloat16*) { at::native::cpublas::brgemm_release(true); }
template <class S>
inline void finish_products(const S*) {}

/// Whether this LibTorch has the micro-kernels on this processor: builds without oneDNN throw at the first
/// call.
template <class S>
bool products_run(S one) {
  static const bool runs = [one] {
    constexpr Index kSide = 32;
    const std::vector<S> ones(kSide * kSide, one);
    std::vector<float> sums(kSide * kSide);
    try {
      multiply(kSide, kSide, kSide, ones.data(), ones.data(), sums.data(), kSide, false);
      finish_products(ones.data());
    } catch (const std::exception&) {
      return false;
    }
    return std::all_of(sums.begin(), sums.end(), [](float sum) { return sum == kSide; });
  }();
  return runs;
}

/// Planes of one operand: `stride` elements from one to the next.
template <class S>
struct Planes {
  const S* data;
  Index stride;
};

/// For each group the sum of its products, M × N with inner length K, in a scratch tile of the thread's own
/// handed to `use(group, sums)`. Groups run in parallel; a group's sum has a fixed order.
template <class S, class Use>
void sum_products(const Groups& groups, Index m, Index n, Index k, Planes<S> a, Planes<S> b,
                  SumOf<S>* scratch, Index scratch_stride, const Use& use) {
  at::parallel_for(0, static_cast<Index>(groups.size()), 1, [&](Index begin, Index end) {
    auto* sums = scratch + at::get_thread_num() * scratch_stride;
    for (Index g = begin; g < end; ++g) {
      bool add = false;
      for (const auto& pair : groups[static_cast<std::size_t>(g)]) {
        multiply(m, n, k, a.data + pair.first * a.stride, b.data + pair.second * b.stride, sums, n, add);
        add = true;
      }
      use(g, sums);
    }
    finish_products(a.data);
  });
}

}  // namespace dcgan::fused
