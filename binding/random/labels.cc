#include "random/labels.h"

#include "random/philox.h"

namespace dcgan {

std::vector<std::uint8_t> draw_labels(std::uint64_t key, std::uint64_t first, std::int64_t count,
                                      std::int64_t classes) {
  std::vector<std::uint8_t> labels(static_cast<std::size_t>(classes == 0 ? 0 : count));
  for (auto& label : labels) {
    const auto drawn =
        philox(key, {0, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(first >> 32),
                     static_cast<std::uint32_t>(Stream::kLabel)});
    label = static_cast<std::uint8_t>((drawn[0] * static_cast<std::uint64_t>(classes)) >> 32);
    ++first;
  }
  return labels;
}

}  // namespace dcgan
