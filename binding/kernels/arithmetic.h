#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

namespace dcgan::kernels {

/// The bits of a bfloat16 number: the upper half of a float32.
struct BFloat16 {
  std::uint16_t bits;
};

using Index = std::int64_t;

/// The type in which products of S are summed.
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

// Static, so that a copy compiled with AVX-512 is used in its own file alone.
static inline float widen(float x) { return x; }
static inline double widen(double x) { return x; }
static inline float widen(BFloat16 x) {
  const std::uint32_t bits = static_cast<std::uint32_t>(x.bits) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Rounds to nearest, ties to even. A NaN stays a NaN, so that the losses, computed in float32, show it.
static inline BFloat16 round_to_bfloat16(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const std::uint32_t rounded = bits + 0x7FFFu + ((bits >> 16) & 1u);
  const bool nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
  return {static_cast<std::uint16_t>((nan ? (bits | 0x400000u) : rounded) >> 16)};
}

template <class S>
static inline S narrow(SumOf<S> x) {
  if constexpr (std::is_same_v<S, BFloat16>) {
    return round_to_bfloat16(x);
  } else {
    return x;
  }
}

/// True for types with products that read their right operand in pairs of rows: bfloat16 alone.
template <class S>
inline constexpr bool kPairs = std::is_same_v<S, BFloat16>;

/// Returns the inner length of a product over n rows: an odd last row is paired with zeros.
template <class S>
constexpr Index padded(Index n) {
  return kPairs<S> ? n + (n & 1) : n;
}

/// Returns the index of element (k, n) in a right operand of `columns` columns: [k][n], or [k / 2][n][2] in
/// pairs.
template <class S>
constexpr Index packed_index(Index k, Index n, Index columns) {
  if constexpr (kPairs<S>) return (k / 2) * 2 * columns + 2 * n + k % 2;
  return k * columns + n;
}

}  // namespace dcgan::kernels
