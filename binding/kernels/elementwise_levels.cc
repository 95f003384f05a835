#include "kernels/elementwise.h"
#include "kernels/processor.h"

namespace dcgan::kernels {

// The tables that each compilation of elementwise.cc defines.
#define DCGAN_TABLES(level)                     \
  namespace level {                             \
  extern const Elementwise<float> kFloat32;     \
  extern const Elementwise<double> kFloat64;    \
  extern const Elementwise<BFloat16> kBFloat16; \
  }

#ifdef __x86_64__
DCGAN_TABLES(avx2)
DCGAN_TABLES(avx512)
#define DCGAN_CHOOSE(table) (level() >= Level::kAvx512 ? avx512::table : avx2::table)
#else
DCGAN_TABLES(baseline)
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

}  // namespace dcgan::kernels
