#include "kernels/processor.h"

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
#ifdef __linux__
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace dcgan::kernels {

namespace {

#ifdef __x86_64__
/// Returns true if the processor multiplies bfloat16 numbers in AMX tiles, and the system saves the tiles.
bool has_amx() {
#ifdef __linux__
  constexpr unsigned kBFloat16 = 1U << 22, kTiles = 1U << 24;  // in EDX of leaf 7
  constexpr int kGetSupported = 0x1021;                        // ARCH_GET_XCOMP_SUPP
  constexpr unsigned long kTileData = 1UL << 18;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  if ((edx & kBFloat16) == 0 || (edx & kTiles) == 0) return false;
  unsigned long supported = 0;
  return syscall(SYS_arch_prctl, kGetSupported, &supported) == 0 && (supported & kTileData) != 0;
#else
  return false;
#endif
}
#endif

/// Returns the level of the processor itself, regardless of environment variables.
Level of_hardware() {
#ifdef __x86_64__
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return Level::kBaseline;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (!avx512) return Level::kAvx2;
  if (has_amx()) return Level::kAmx;
  return __builtin_cpu_supports("avx512bf16") ? Level::kAvx512Bf16 : Level::kAvx512;
#else
  return Level::kBaseline;
#endif
}

/// Returns the highest level that ONEDNN_MAX_CPU_ISA, or its older name, allows. oneDNN ignores unknown
/// values.
Level of_onednn() {
  static constexpr std::pair<const char*, Level> kLimits[] = {{"SSE41", Level::kBaseline},
                                                              {"AVX", Level::kBaseline},
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

/// Returns the highest level that ATEN_CPU_CAPABILITY allows. LibTorch ignores unknown values.
Level of_libtorch() {
  const char* value = std::getenv("ATEN_CPU_CAPABILITY");
  const std::string name = value == nullptr ? "" : value;
  if (name == "default") return Level::kBaseline;
  return name == "avx2" ? Level::kAvx2 : Level::kAmx;
}

}  // namespace

Level level() {
  static const Level level = std::min({of_hardware(), of_onednn(), of_libtorch()});
  return level;
}

const char* level_name() {
  static constexpr const char* kNames[] = {"baseline", "avx2", "avx512", "avx512_bf16", "amx"};
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

bool has_bfloat16() {
#if defined(__aarch64__) && defined(HWCAP2_BF16)
  return (getauxval(AT_HWCAP2) & HWCAP2_BF16) != 0;
#else
  return level() >= Level::kAvx512Bf16;
#endif
}

}  // namespace dcgan::kernels
