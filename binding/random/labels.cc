#include "random/labels.h"

#include "random/philox.h"

namespace dcgan {

std::vector<std::uint8_t> draw_labels(std::uint64_t key, std::int64_t count, std::int64_t classes) {
  std::vector<std::uint8_t> labels(static_cast<std::size_t>(count));
  for (std::uint64_t image = 0; image < labels.size(); ++image) {
    const auto words =
        philox(key, {0, static_cast<std::uint32_t>(image), static_cast<std::uint32_t>(image >> 32),
                     static_cast<std::uint32_t>(Stream::kLabel)});
    labels[static_cast<std::size_t>(image)] =
        static_cast<std::uint8_t>((words[0] * static_cast<std::uint64_t>(classes)) >> 32);
  }
  return labels;
}

}  // namespace dcgan
