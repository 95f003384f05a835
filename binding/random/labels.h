#pragma once

#include <cstdint>
#include <vector>

namespace dcgan {

/// Draws `count` labels from 0 to classes − 1, uniformly. Label i is a function of the key and i alone.
std::vector<std::uint8_t> draw_labels(std::uint64_t key, std::int64_t count, std::int64_t classes);

}  // namespace dcgan
