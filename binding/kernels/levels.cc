// Chooses between the compilations of elementwise.cc, product.cc and keep_group.cc.

#include "kernels/elementwise.h"
#include "kernels/keep_group.h"
#include "kernels/processor.h"
#include "kernels/product.h"

namespace dcgan::kernels {

#define DCGAN_TABLES(level)                     \
  namespace level {                             \
  extern const Elementwise<float> kFloat32;     \
  extern const Elementwise<double> kFloat64;    \
  extern const Elementwise<BFloat16> kBFloat16; \
  extern const Products32 kProducts32;          \
  extern const KeepGroup kKeepGroup;            \
  }

DCGAN_TABLES(baseline)
#ifdef __x86_64__
DCGAN_TABLES(avx2)
DCGAN_TABLES(avx512)
#define DCGAN_CHOOSE(table) \
  (level() >= Level::kAvx512 ? avx512::table : level() >= Level::kAvx2 ? avx2::table : baseline::table)
#else
#define DCGAN_CHOOSE(table) baseline::table
#endif

template <>
const Elementwise<float>& elementwise() {
  return DCGAN_CHOOSE(kFloat32);
}
template <>
const Elementwise<double>& elementwise() {
  return DCGAN_CHOOSE(kFloat64);
}
template <>
const Elementwise<BFloat16>& elementwise() {
  return DCGAN_CHOOSE(kBFloat16);
}

const Products32& products32() { return DCGAN_CHOOSE(kProducts32); }
KeepGroup keep_group() { return DCGAN_CHOOSE(kKeepGroup); }

}  // namespace dcgan::kernels
