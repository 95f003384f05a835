#pragma once

#include <cstdint>
#include <cstring>

namespace dcgan::fused {

/// bfloat16 as its bits: the upper half of a float32.
struct BFloat16 {
  std::uint16_t bits;
};

/// What sums of products of S are kept in.
template <class S>
struct Sum {
  using Type = S;
};
template <>
struct Sum<BFloat16> {
  using Type = float;
};
template <class S>
using SumOf = typename Sum<S>::Type;

inline float widen(float x) { return x; }
inline double widen(double x) { return x; }
inline float widen(BFloat16 x) {
  const std::uint32_t bits = static_cast<std::uint32_t>(x.bits) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <class S>
inline S narrow(SumOf<S> x) {
  return x;
}
/// To nearest, ties to even. A NaN stays one: the losses, computed in float32, tell of it.
template <>
inline BFloat16 narrow<BFloat16>(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const std::uint32_t rounded = bits + 0x7FFFu + ((bits >> 16) & 1u);
  const bool nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
  return {static_cast<std::uint16_t>((nan ? (bits | 0x400000u) : rounded) >> 16)};
}

}  // namespace dcgan::fused
