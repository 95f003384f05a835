#pragma once

#include <algorithm>

#include "kernels/buffer.h"
#include "kernels/product.h"
#include "kernels/taps.h"

namespace dcgan::kernels {

/// The specification of multiply(). It also serves float64. A row of C depends on that row of A alone,
/// however many rows there are.
template <class S>
void multiply_plainly(ProductSize size, const S* a, const S* b, SumOf<S>* c, bool add) {
  const auto [m, n, k, lda, ldc, step] = size;
  for (Index i = 0; i < m; ++i) {
    if (!add) std::fill_n(c + i * ldc, n, SumOf<S>(0));
    for (Index inner = 0; inner < k; ++inner) {
      for (Index j = 0; j < n; ++j) {
        c[i * ldc + j] += widen(a[i * lda + inner * step]) * widen(b[packed_index<S>(inner, j, n)]);
      }
    }
  }
}

template <class S>
void multiply(ProductSize size, const S* a, const S* b, SumOf<S>* c, bool add) {
  multiply_plainly(size, a, b, c, add);
}
template <>
inline void multiply(ProductSize size, const float* a, const float* b, float* c, bool add) {
  products32().multiply(size, a, b, c, add);
}
// With LibTorch's micro-kernels, which choose code for the processor's level (training/bfloat16_products.cc).
template <>
void multiply(ProductSize size, const BFloat16* a, const BFloat16* b, float* c, bool add);

/// Adds the products of neighbouring pixels together, as far as their rows lie at even distances.
template <class S>
void add_pixels(PixelProduct product, const S* a, const S* b, SumOf<S>* c) {
  const auto [pairs, count, images, n, k] = product;
  for (Index first = 0, last = 0; first < count; first = last) {
    const Index left = pairs[first].left, right = pairs[first].right;
    const Index step = first + 1 < count ? pairs[first + 1].right - right : 1;
    do ++last;
    while (last < count && pairs[last].left == left + (last - first) &&
           pairs[last].right == right + (last - first) * step);
    const S* from = a + left * images * k;
    auto* to = c + right * images * n;
    if (step == 1) {
      multiply(ProductSize{(last - first) * images, n, k, k, n}, from, b, to, true);
    } else {
      for (Index i = 0; i < images; ++i) {
        multiply(ProductSize{last - first, n, k, images * k, step * images * n}, from + i * k, b, to + i * n,
                 true);
      }
    }
  }
}
template <>
inline void add_pixels(PixelProduct product, const float* a, const float* b, float* c) {
  products32().add_pixels(product, a, b, c);
}

/// Releases the AMX tiles that products in bfloat16 hold, at the end of a thread's share.
template <class S>
void finish_products() {}
template <>
void finish_products<BFloat16>();

/// The planes of one operand, `stride` elements apart.
template <class S>
struct Planes {
  const S* data;
  Index stride;
};

/// Groups of products, each of which is summed to one result of `size`.
template <class S>
struct Products {
  const Groups& groups;
  ProductSize size;
  Planes<S> left;
  Planes<S> right;
};

/// Passes the sum of each group's products to `use(group, sums)`, in the thread's scratch memory. Groups run
/// in parallel. The order of the products in a sum is fixed.
template <class S, class Use>
void sum_products(const Products<S>& products, const Scratch<SumOf<S>>& scratch, const Use& use) {
  each(static_cast<Index>(products.groups.size()), [&](Index g) {
    auto* sums = scratch.of_this_thread();
    bool add = false;
    for (const auto& pair : products.groups[static_cast<std::size_t>(g)]) {
      multiply(products.size, products.left.data + pair.left * products.left.stride,
               products.right.data + pair.right * products.right.stride, sums, add);
      add = true;
    }
    use(g, sums);
    finish_products<S>();
  });
}

}  // namespace dcgan::kernels
