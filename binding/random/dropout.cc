#include "random/dropout.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/keep_group.h"
#include "random/philox.h"

namespace dcgan {

namespace {

std::uint32_t threshold_of(double probability) {
  return static_cast<std::uint32_t>(std::lround(probability * 65536.0));
}

/// Elements of a tile, from `begin` to before `end`.
struct Range {
  std::int64_t begin;
  std::int64_t end;
};

/// Writes the part of a tile of `count` elements that lies in a range.
void keep_range(const Dropout& dropout, MaskPlace place, std::int64_t count, Range range, std::uint8_t* out) {
  constexpr std::int64_t kGroup = kernels::kMaskGroup;
  const auto keep_group = kernels::keep_group();
  kernels::MaskGroup group{dropout.key, dropout.pass,
                           place.layer, static_cast<std::uint32_t>(Stream::kDropout),
                           0,           threshold_of(dropout.probability)};
  const std::int64_t groups = (count + kGroup - 1) / kGroup;
  for (std::int64_t at = range.begin; at < range.end;) {
    const std::int64_t within = at % kGroup;
    const std::int64_t length = std::min(kGroup - within, range.end - at);
    group.number = static_cast<std::uint32_t>(place.pixel * groups + at / kGroup);
    if (length == kGroup) {
      keep_group(group, out);
    } else {
      std::uint8_t part[kGroup];
      keep_group(group, part);
      std::memcpy(out, part + within, static_cast<std::size_t>(length));
    }
    at += length;
    out += length;
  }
}

}  // namespace

void keep_tile(const Dropout& dropout, MaskPlace place, std::int64_t images, std::int64_t channels,
               std::uint8_t* out) {
  const auto& slice = dropout.slice;
  if (dropout.probability == 0) {
    std::fill_n(out, images * channels, std::uint8_t{1});
  } else if (slice.whole()) {
    keep_range(dropout, place, images * channels, {0, images * channels}, out);
  } else {
    const std::int64_t batches = images / slice.count;
    const std::int64_t count = slice.count * channels;
    for (std::int64_t batch = 0; batch < batches; ++batch) {
      const auto begin = (batch * slice.total + slice.first) * channels;
      keep_range(dropout, place, batches * slice.total * channels, {begin, begin + count},
                 out + batch * count);
    }
  }
}

}  // namespace dcgan
