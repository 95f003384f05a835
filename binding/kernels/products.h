#pragma once

#include <ATen/Parallel.h>
#include <ATen/native/CPUBlas.h>

#include <algorithm>

#include "kernels/buffer.h"
#include "kernels/taps.h"

// LibTorch's micro-kernels are internal functions. Its headers define these macros if it has them.
#if defined(CPUBLAS_BRGEMM_F32F32F32) && defined(CPUBLAS_BRGEMM_BF16BF16F32)
#define DCGAN_BRGEMM
#endif

namespace dcgan::kernels {

/// The sizes of C (M × N) (+)= A (M × K) B (K × N). All are row-major, B in the right operand's form
/// (packed_index). Rows of A are `lda` apart, rows of C `ldc`.
struct ProductSize {
  Index m;
  Index n;
  Index k;
  Index lda;
  Index ldc;
};

/// The specification of multiply(). It also serves float64, for which LibTorch exports no product. A row of C
/// depends on that row of A alone, however many rows there are.
template <class S>
void multiply_plainly(ProductSize size, const S* a, const S* b, SumOf<S>* c, bool add) {
  const auto [m, n, k, lda, ldc] = size;
  for (Index i = 0; i < m; ++i) {
    if (!add) std::fill_n(c + i * ldc, n, SumOf<S>(0));
    for (Index inner = 0; inner < k; ++inner) {
      for (Index j = 0; j < n; ++j) {
        c[i * ldc + j] += widen(a[i * lda + inner]) * widen(b[packed_index<S>(inner, j, n)]);
      }
    }
  }
}

template <class S>
void multiply(ProductSize size, const S* a, const S* b, SumOf<S>* c, bool add) {
  multiply_plainly(size, a, b, c, add);
}

/// Chooses whether products in bfloat16 are multiply_plainly()'s from now on, in the whole process. For tests
/// alone.
void use_plain_bfloat16(bool plain);
bool plain_bfloat16();

#ifdef DCGAN_BRGEMM
/// With oneDNN's micro-kernels, which choose code for the processor's level.
template <>
inline void multiply(ProductSize size, const float* a, const float* b, float* c, bool add) {
  const auto [m, n, k, lda, ldc] = size;
  at::native::cpublas::brgemm(m, n, k, lda, n, ldc, add, a, b, c, /*is_vnni=*/false);
}
template <>
inline void multiply(ProductSize size, const BFloat16* a, const BFloat16* b, float* c, bool add) {
  if (plain_bfloat16()) return multiply_plainly(size, a, b, c, add);
  const auto [m, n, k, lda, ldc] = size;
  at::native::cpublas::brgemm(m, n, k, lda, n, ldc, add, reinterpret_cast<const at::BFloat16*>(a),
                              reinterpret_cast<const at::BFloat16*>(b), c, /*is_vnni=*/true);
}
#endif

/// Releases the AMX tiles that the micro-kernels hold, at the end of a thread's share.
template <class S>
void finish_products() {
#ifdef DCGAN_BRGEMM
  if (kPairs<S>) at::native::cpublas::brgemm_release(true);
#endif
}

/// Returns true if LibTorch has the micro-kernels on this processor. Builds without oneDNN throw at a call.
template <class S>
bool products_run(S one);

/// The planes of one operand, `stride` elements apart.
template <class S>
struct Planes {
  const S* data;
  Index stride;
};

/// Groups of products, each of which is summed to one M × N result. K is the inner length.
template <class S>
struct Products {
  const Groups& groups;
  Index m;
  Index n;
  Index k;
  Planes<S> left;
  Planes<S> right;
};

/// Passes the sum of each group's products to `use(group, sums)`, in the thread's scratch memory. Groups run
/// in parallel. The order of the products in a sum is fixed.
template <class S, class Use>
void sum_products(const Products<S>& products, const Scratch<SumOf<S>>& scratch, const Use& use) {
  at::parallel_for(0, static_cast<Index>(products.groups.size()), 1, [&](Index begin, Index end) {
    auto* sums = scratch.of_this_thread();
    for (Index g = begin; g < end; ++g) {
      bool add = false;
      for (const auto& pair : products.groups[static_cast<std::size_t>(g)]) {
        multiply(ProductSize{products.m, products.n, products.k, products.k, products.n},
                 products.left.data + pair.left * products.left.stride,
                 products.right.data + pair.right * products.right.stride, sums, add);
        add = true;
      }
      use(g, sums);
    }
    finish_products<S>();
  });
}

}  // namespace dcgan::kernels
