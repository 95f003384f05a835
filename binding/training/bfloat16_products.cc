// The products in bfloat16 that kernels/products.h declares, with the micro-kernels of oneDNN that LibTorch
// exports.

#include "training/bfloat16_products.h"

#include <ATen/native/CPUBlas.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <vector>

#include "kernels/processor.h"
#include "kernels/products.h"

// The micro-kernels are internal functions. LibTorch's headers define this macro if it has them.
#ifdef CPUBLAS_BRGEMM_BF16BF16F32
#define DCGAN_BRGEMM
#endif

namespace dcgan {

namespace {

using kernels::BFloat16;
using kernels::ProductSize;

std::atomic<bool> plain_products{false};

void multiply_in_micro_kernels([[maybe_unused]] ProductSize size, [[maybe_unused]] const BFloat16* a,
                               [[maybe_unused]] const BFloat16* b, [[maybe_unused]] float* c,
                               [[maybe_unused]] bool add) {
#ifdef DCGAN_BRGEMM
  const auto [m, n, k, lda, ldc, step] = size;
  at::native::cpublas::brgemm(m, n, k, lda, n, ldc, add, reinterpret_cast<const at::BFloat16*>(a),
                              reinterpret_cast<const at::BFloat16*>(b), c, /*is_vnni=*/true);
#endif
}

}  // namespace

void use_plain_bfloat16(bool plain) { plain_products = plain; }

template <>
void kernels::multiply(ProductSize size, const BFloat16* a, const BFloat16* b, float* c, bool add) {
  if (plain_products.load(std::memory_order_relaxed)) return multiply_plainly(size, a, b, c, add);
  multiply_in_micro_kernels(size, a, b, c, add);
}

template <>
void kernels::finish_products<BFloat16>() {
#ifdef DCGAN_BRGEMM
  at::native::cpublas::brgemm_release(true);
#endif
}

bool bfloat16_products_run() {
  static const bool runs = [] {
    if (kernels::level() < kernels::Level::kAvx512Bf16) return false;
    constexpr kernels::Index kSide = 32;
    const std::vector<BFloat16> ones(kSide * kSide, {0x3f80});
    std::vector<float> sums(kSide * kSide);
    try {
      multiply_in_micro_kernels({kSide, kSide, kSide, kSide, kSide}, ones.data(), ones.data(), sums.data(),
                                false);
      kernels::finish_products<BFloat16>();
    } catch (const std::exception&) {  // a LibTorch without oneDNN
      return false;
    }
    return std::all_of(sums.begin(), sums.end(), [](float sum) { return sum == kSide; });
  }();
  return runs;
}

}  // namespace dcgan
