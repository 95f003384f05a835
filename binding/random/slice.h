#pragma once

#include <cstdint>

namespace dcgan {

/// The images of a mini-batch that this process computes: `count` of `total`, from `first` on.
struct Slice {
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::int64_t total = 0;
  bool whole() const { return count == total; }
};

}  // namespace dcgan
