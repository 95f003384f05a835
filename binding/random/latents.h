#pragma once

#include <cstdint>

#include "random/philox.h"

namespace dcgan {

/// Writes `count` standard normal latents of length `dim`, those of images first, first + 1, … of this stream
/// of this key (Philox and Box & Muller 1958). A latent does not depend on how many are drawn together.
void draw_latents(std::uint64_t key, Stream stream, std::uint64_t first, std::int64_t count, std::int64_t dim,
                  float* out);

/// Writes a latent for an image that is drawn again, from 1 on. Candidate 0 is the image's own of kSample.
void draw_candidate(std::uint64_t key, std::uint64_t image, std::uint32_t candidate, std::int64_t dim,
                    float* out);

}  // namespace dcgan
