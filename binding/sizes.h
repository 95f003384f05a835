#pragma once

#include <cstdint>

namespace dcgan {

/// A map of features, channels × side × side.
struct Map {
  std::int64_t channels;
  std::int64_t side;
  constexpr std::int64_t pixels() const { return side * side; }
  constexpr std::int64_t values() const { return channels * pixels(); }
};

/// The window that a convolution's kernel covers.
struct Window {
  std::int64_t side;
  std::int64_t stride;
  std::int64_t padding;
  constexpr std::int64_t taps() const { return side * side; }
};

inline constexpr Map kImage{1, 28};

// The generator: latent vector → kDenseMap → kWideMap → kTallMap → image.
inline constexpr Map kDenseMap{256, 7};
inline constexpr Map kWideMap{128, 7};
inline constexpr Map kTallMap{64, 14};

// The discriminator: image → kHidden1 → kHidden2 → logit.
inline constexpr Map kHidden1{64, 14};
inline constexpr Map kHidden2{128, 7};

/// Keeps the side of a map.
inline constexpr Window kKeep{5, 1, 2};
/// Halves the side of a map, or doubles it in a transposed convolution.
inline constexpr Window kHalve{4, 2, 1};

}  // namespace dcgan
