#pragma once

#include <array>
#include <cstdint>

namespace dcgan {

/// Philox4x32-10 (Salmon et al. 2011): returns four random numbers of 32 bits, a pure function of a key and a
/// counter. So a draw depends only on its purpose, never on earlier draws or on the number of threads.
inline std::array<std::uint32_t, 4> philox(std::uint64_t key, std::array<std::uint32_t, 4> counter) {
  std::uint32_t k0 = static_cast<std::uint32_t>(key);
  std::uint32_t k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = 0xD2511F53ull * counter[0];
    const std::uint64_t b = 0xCD9E8D57ull * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ k0, static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ k1, static_cast<std::uint32_t>(a)};
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return counter;
}

/// The purpose of a draw, which is the last word of the counter. No two streams of a key share a counter.
enum class Stream : std::uint32_t {
  kSample = 1,
  kFixed = 2,
  kNoise = 3,
  kDropout = 4,
  kShuffle = 5,
  kInit = 6,
  kLabel = 7,
  kFloor = 8,
  kCandidate = 9,
  kOtherLabel = 10
};

/// Returns a seed for one of LibTorch's generators that serves a single purpose.
inline std::uint64_t derive_seed(std::uint64_t key, Stream stream, std::uint64_t index) {
  const auto drawn = philox(key, {static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
                                  0, static_cast<std::uint32_t>(stream)});
  return (static_cast<std::uint64_t>(drawn[1]) << 32) | drawn[0];
}

}  // namespace dcgan
