#pragma once

#include <cstdint>

namespace dcgan::kernels {

/// The number of elements of a dropout mask that one group of Philox blocks decides, 16 bits each.
inline constexpr int kMaskBlocks = 16;
inline constexpr int kMaskGroup = kMaskBlocks * 8;

/// A group of elements of a mask.
struct MaskGroup {
  std::uint64_t key;
  std::uint64_t pass;
  std::uint32_t layer;
  std::uint32_t stream;  // the last word of the counter (random/philox.h)
  std::uint32_t number;
  std::uint32_t threshold;  // an element is kept if its 16 bits are not below
};

/// Writes 1 for each kept element of a group and 0 for each dropped one. Element (2 word + half) × 16 + block
/// takes this half of this word of Philox block 16 number + block. keep_group.cc is compiled once for each
/// level, like elementwise.cc.
using KeepGroup = void (*)(const MaskGroup& group, std::uint8_t* out);

/// Returns the loop compiled for this processor.
KeepGroup keep_group();

}  // namespace dcgan::kernels
