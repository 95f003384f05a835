#pragma once

#include <string>

namespace dcgan::kernels {

/// The instruction sets for which the kernels are compiled. Each one includes those before it. The first is
/// what every processor of an architecture has: SSE2 on x86-64, NEON on arm64, and 128-bit vectors in
/// WebAssembly.
enum class Level { kBaseline, kAvx2, kAvx512, kAvx512Bf16, kAmx };

/// Returns the level of this processor, within the limits of ONEDNN_MAX_CPU_ISA and ATEN_CPU_CAPABILITY,
/// which LibTorch obeys as well.
Level level();

/// "baseline", "avx2", "avx512", "avx512_bf16" or "amx".
const char* level_name();

/// The vendor of the processor as CPUID reports it, for example "AuthenticAMD"; empty on other architectures.
std::string vendor();

/// Returns true if the processor multiplies bfloat16 numbers. Otherwise LibTorch emulates them, up to thirty
/// times slower than float32.
bool has_bfloat16();

}  // namespace dcgan::kernels
