// Dropout masks, from Philox4x32-10 (random/philox.h) on many blocks at once. This file is compiled once for
// each level; levels.cc chooses.

#include "kernels/keep_group.h"

#ifdef __x86_64__
// GCC warns of its own header where it is inlined.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#endif

namespace dcgan::kernels::DCGAN_LEVEL {

namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 8;
#elif defined(__AVX2__)
constexpr int kLanes = 4;
#else
constexpr int kLanes = 2;
#endif
constexpr int kVectors = kMaskBlocks / kLanes;

/// One word of several blocks, in the lower halves of the elements. The upper halves mean nothing.
typedef std::uint64_t Words __attribute__((vector_size(kLanes * sizeof(std::uint64_t))));

/// Multiplies the lower halves. Compilers do not find these instructions by themselves.
inline Words product(Words words, std::uint32_t factor) {
#if defined(__AVX512F__)
  return reinterpret_cast<Words>(
      _mm512_mul_epu32(reinterpret_cast<__m512i>(words), _mm512_set1_epi64(factor)));
#elif defined(__AVX2__)
  return reinterpret_cast<Words>(
      _mm256_mul_epu32(reinterpret_cast<__m256i>(words), _mm256_set1_epi64x(factor)));
#elif defined(__SSE2__)
  return reinterpret_cast<Words>(_mm_mul_epu32(reinterpret_cast<__m128i>(words), _mm_set1_epi64x(factor)));
#else
  return (words & 0xFFFFFFFFu) * factor;
#endif
}

inline Words all(std::uint32_t word) { return Words{} + std::uint64_t{word}; }

void keep(const MaskGroup& group, std::uint8_t* out) {
  if (group.threshold == 0) {
    for (int i = 0; i < kMaskGroup; ++i) out[i] = 1;
    return;
  }
  Words c0[kVectors], c1[kVectors], c2[kVectors], c3[kVectors];
#pragma GCC unroll 16
  for (int v = 0; v < kVectors; ++v) {
    for (int lane = 0; lane < kLanes; ++lane) {
      c0[v][lane] = group.number * kMaskBlocks + static_cast<std::uint32_t>(v * kLanes + lane);
    }
    c1[v] = all(static_cast<std::uint32_t>(group.pass));
    c2[v] = all(static_cast<std::uint32_t>(group.pass >> 32) ^ (group.layer << 24));
    c3[v] = all(group.stream);
  }
  auto k0 = static_cast<std::uint32_t>(group.key), k1 = static_cast<std::uint32_t>(group.key >> 32);
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      const Words a = product(c0[v], 0xD2511F53u), b = product(c2[v], 0xCD9E8D57u);
      c0[v] = (b >> 32) ^ c1[v] ^ all(k0);
      c2[v] = (a >> 32) ^ c3[v] ^ all(k1);
      c1[v] = b;
      c3[v] = a;
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  // Each loop does one thing, so that it becomes vector code.
  std::uint64_t words[4][kMaskBlocks];
#pragma GCC unroll 16
  for (int v = 0; v < kVectors; ++v) {
    __builtin_memcpy(words[0] + v * kLanes, &c0[v], sizeof(Words));
    __builtin_memcpy(words[1] + v * kLanes, &c1[v], sizeof(Words));
    __builtin_memcpy(words[2] + v * kLanes, &c2[v], sizeof(Words));
    __builtin_memcpy(words[3] + v * kLanes, &c3[v], sizeof(Words));
  }
  std::uint16_t bits[4][2][kMaskBlocks];
  for (int word = 0; word < 4; ++word) {
    for (int block = 0; block < kMaskBlocks; ++block) {
      bits[word][0][block] = static_cast<std::uint16_t>(words[word][block]);
      bits[word][1][block] = static_cast<std::uint16_t>(words[word][block] >> 16);
    }
  }
  const auto last = static_cast<std::uint16_t>(group.threshold - 1);  // the largest that is dropped
  const std::uint16_t* from = bits[0][0];
  for (int i = 0; i < kMaskGroup; ++i) out[i] = from[i] > last ? 1 : 0;
}

}  // namespace

extern const KeepGroup kKeepGroup;
const KeepGroup kKeepGroup = keep;

}  // namespace dcgan::kernels::DCGAN_LEVEL
