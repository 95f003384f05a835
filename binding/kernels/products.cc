#include "kernels/products.h"

#include <atomic>
#include <exception>
#include <vector>

namespace dcgan::kernels {

namespace {
std::atomic<bool> plain_products{false};
}  // namespace

void use_plain_bfloat16(bool plain) { plain_products = plain; }
bool plain_bfloat16() { return plain_products.load(std::memory_order_relaxed); }

template <class S>
bool products_run(S one) {
  static const bool runs = [one] {
    constexpr Index kSide = 32;
    const std::vector<S> ones(kSide * kSide, one);
    std::vector<float> sums(kSide * kSide);
    try {
      multiply(ProductSize{kSide, kSide, kSide, kSide, kSide}, ones.data(), ones.data(), sums.data(), false);
      finish_products<S>();
    } catch (const std::exception&) {
      return false;
    }
    return std::all_of(sums.begin(), sums.end(), [](float sum) { return sum == kSide; });
  }();
  return runs;
}

template bool products_run(float);
template bool products_run(BFloat16);

}  // namespace dcgan::kernels
