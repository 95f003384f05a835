#pragma once

#include <cstdint>
#include <vector>

#include "random/philox.h"

namespace dcgan {

/// Draws labels from 0 to classes − 1, uniformly, for the images first, first + 1, … of a key. Each is a
/// function of the key and the number of the image alone. Returns no labels if there are no classes.
std::vector<std::uint8_t> draw_labels(std::uint64_t key, std::uint64_t first, std::int64_t count,
                                      std::int64_t classes);

/// Draws how far another label is from the label of training image number `image`, modulo the classes: 1 to
/// classes − 1, uniformly. It is a function of the arguments alone.
inline std::int64_t draw_label_offset(std::uint64_t key, std::uint64_t image, std::int64_t classes) {
  const auto drawn =
      philox(key, {0, static_cast<std::uint32_t>(image), static_cast<std::uint32_t>(image >> 32),
                   static_cast<std::uint32_t>(Stream::kOtherLabel)});
  return 1 + static_cast<std::int64_t>((drawn[0] * static_cast<std::uint64_t>(classes - 1)) >> 32);
}

}  // namespace dcgan
