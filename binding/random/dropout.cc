#include "random/dropout.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "random/philox.h"

namespace dcgan {

namespace {

constexpr int kLanes = 16;
constexpr std::int64_t kGroup = kLanes * 8;  // elements that kLanes Philox blocks decide, 16 bits each

/// Decides 128 elements. Element (2 word + half) × 16 + lane takes this half of this word of Philox block
/// 16 group + lane. Compilers can turn this order into vector code.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
void keep_group(std::uint64_t key, std::uint32_t group, std::uint64_t pass, std::uint32_t layer,
                std::uint32_t threshold, std::uint8_t* out) {
  std::uint32_t c0[kLanes], c1[kLanes], c2[kLanes], c3[kLanes];
  for (int lane = 0; lane < kLanes; ++lane) {
    c0[lane] = group * kLanes + static_cast<std::uint32_t>(lane);
    c1[lane] = static_cast<std::uint32_t>(pass);
    c2[lane] = static_cast<std::uint32_t>(pass >> 32) ^ (layer << 24);
    c3[lane] = static_cast<std::uint32_t>(Stream::kDropout);
  }
  std::uint32_t k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const std::uint64_t a = 0xD2511F53ull * c0[lane];
      const std::uint64_t b = 0xCD9E8D57ull * c2[lane];
      c0[lane] = static_cast<std::uint32_t>(b >> 32) ^ c1[lane] ^ k0;
      c2[lane] = static_cast<std::uint32_t>(a >> 32) ^ c3[lane] ^ k1;
      c1[lane] = static_cast<std::uint32_t>(b);
      c3[lane] = static_cast<std::uint32_t>(a);
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  const std::uint32_t* words[4] = {c0, c1, c2, c3};
  for (int word = 0; word < 4; ++word) {
    for (int lane = 0; lane < kLanes; ++lane) {
      out[word * 32 + lane] = (words[word][lane] & 0xFFFFu) >= threshold;
      out[word * 32 + 16 + lane] = (words[word][lane] >> 16) >= threshold;
    }
  }
}

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
  const auto threshold = threshold_of(dropout.probability);
  const std::int64_t groups = (count + kGroup - 1) / kGroup;
  for (std::int64_t at = range.begin; at < range.end;) {
    const std::int64_t within = at % kGroup;
    const std::int64_t length = std::min(kGroup - within, range.end - at);
    const auto group = static_cast<std::uint32_t>(place.pixel * groups + at / kGroup);
    if (length == kGroup) {
      keep_group(dropout.key, group, dropout.pass, place.layer, threshold, out);
    } else {
      std::uint8_t part[kGroup];
      keep_group(dropout.key, group, dropout.pass, place.layer, threshold, part);
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
