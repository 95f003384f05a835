#include "kernels/processor.h"

#include <ATen/Version.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>
#ifdef __x86_64__
#include <cpuid.h>
#endif
#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#include "kernels/products.h"

namespace dcgan::kernels {

namespace {

/// Returns the level of the processor itself, regardless of environment variables.
Level of_hardware() {
#if defined(__x86_64__) && defined(DCGAN_BRGEMM)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return Level::kNone;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (!avx512) return Level::kAvx2;
  // LibTorch packs operands if it can use AMX: the processor has it and the operating system allows it.
  if (at::native::cpublas::could_pack(at::kBFloat16)) return Level::kAmx;
  return __builtin_cpu_supports("avx512bf16") ? Level::kAvx512Bf16 : Level::kAvx512;
#else
  return Level::kNone;
#endif
}

/// Returns the highest level that ONEDNN_MAX_CPU_ISA, or its older name, allows. oneDNN ignores unknown
/// values.
Level of_onednn() {
  static constexpr std::pair<const char*, Level> kLimits[] = {{"SSE41", Level::kNone},
                                                              {"AVX", Level::kNone},
                                                              {"AVX2", Level::kAvx2},
                                                              {"AVX2_VNNI", Level::kAvx2},
                                                              {"AVX2_VNNI_2", Level::kAvx2},
                                                              {"AVX512_CORE", Level::kAvx512},
                                                              {"AVX512_CORE_VNNI", Level::kAvx512},
                                                              {"AVX512_CORE_BF16", Level::kAvx512Bf16},
                                                              {"AVX512_CORE_FP16", Level::kAvx512Bf16}};
  const char* value = std::getenv("ONEDNN_MAX_CPU_ISA");
  if (value == nullptr) value = std::getenv("DNNL_MAX_CPU_ISA");
  if (value == nullptr) return Level::kAmx;
  std::string name = value;
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
  const auto* found = std::find_if(std::begin(kLimits), std::end(kLimits),
                                   [&](const auto& limit) { return name == limit.first; });
  return found == std::end(kLimits) ? Level::kAmx : found->second;
}

/// Returns the highest level that LibTorch uses in its own loops. ATEN_CPU_CAPABILITY can lower it.
Level of_libtorch() {
  const std::string capability = at::get_cpu_capability();
  if (capability == "AVX2") return Level::kAvx2;
  return capability == "AVX512" ? Level::kAmx : Level::kNone;
}

}  // namespace

Level level() {
  static const Level level = std::min({of_hardware(), of_onednn(), of_libtorch()});
  return level;
}

const char* level_name() {
  static constexpr const char* kNames[] = {"none", "avx2", "avx512", "avx512_bf16", "amx"};
  return kNames[static_cast<int>(level())];
}

std::string vendor() {
#ifdef __x86_64__
  unsigned int highest, parts[3];
  if (__get_cpuid(0, &highest, &parts[0], &parts[2], &parts[1]) == 0) return {};
  std::string name(sizeof parts, '\0');
  std::memcpy(name.data(), parts, sizeof parts);
  return name;
#else
  return {};
#endif
}

bool run(Precision precision) {
  // The element-wise loops have no level below AVX2 on x86-64. Elsewhere they have one for all processors.
#ifdef __x86_64__
  if (precision == Precision::kPlainBFloat16) return level() >= Level::kAvx2;
#else
  if (precision == Precision::kPlainBFloat16) return true;
#endif
  if (precision == Precision::kBFloat16) {
    return level() >= Level::kAvx512Bf16 && products_run(BFloat16{0x3f80});
  }
  return level() >= Level::kAvx2 && products_run(1.0F);
}

bool has_bfloat16() {
#if defined(__aarch64__) && defined(HWCAP2_BF16)
  return (getauxval(AT_HWCAP2) & HWCAP2_BF16) != 0;
#else
  return level() >= Level::kAvx512Bf16;
#endif
}

}  // namespace dcgan::kernels
