#include "random/latents.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dcgan {

/// Returns a number in (0, 1], because the logarithm of 0 is not finite.
static double uniform(std::uint32_t word) { return (word + 1.0) * 0x1p-32; }

/// `stream`: the last word of the counter.
static void latent(std::uint64_t key, std::uint32_t stream, std::uint64_t image, std::int64_t dim,
                   float* out) {
  for (std::int64_t block = 0; block * 4 < dim; ++block) {
    const auto drawn = philox(key, {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(image),
                                    static_cast<std::uint32_t>(image >> 32), stream});
    float normal[4];
    for (int pair = 0; pair < 4; pair += 2) {
      const double radius = std::sqrt(-2.0 * std::log(uniform(drawn[pair])));
      const double angle = 2.0 * std::numbers::pi * uniform(drawn[pair + 1]);
      normal[pair] = static_cast<float>(radius * std::cos(angle));
      normal[pair + 1] = static_cast<float>(radius * std::sin(angle));
    }
    std::copy_n(normal, std::min<std::int64_t>(4, dim - block * 4), out + block * 4);
  }
}

void draw_latents(std::uint64_t key, Stream stream, std::uint64_t first, std::int64_t count, std::int64_t dim,
                  float* out) {
  for (std::int64_t i = 0; i < count; ++i) {
    latent(key, static_cast<std::uint32_t>(stream), first + static_cast<std::uint64_t>(i), dim,
           out + i * dim);
  }
}

void draw_candidate(std::uint64_t key, std::uint64_t image, std::uint32_t candidate, std::int64_t dim,
                    float* out) {
  constexpr int kStreamBits = 8;
  const auto stream = candidate == 0
                          ? static_cast<std::uint32_t>(Stream::kSample)
                          : static_cast<std::uint32_t>(Stream::kCandidate) | (candidate << kStreamBits);
  latent(key, stream, image, dim, out);
}

}  // namespace dcgan
