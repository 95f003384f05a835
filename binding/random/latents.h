#pragma once

#include <cstdint>

#include "random/philox.h"

namespace dcgan {

/// Writes `count` standard normal latent vectors of length `dim`, for the images first, first + 1, … of a
/// key's stream (Philox; Box & Muller 1958). A vector does not depend on how many are drawn together.
void draw_latents(std::uint64_t key, Stream stream, std::uint64_t first, std::int64_t count, std::int64_t dim,
                  float* out);

/// Writes the latent vector of one of an image's candidates. Candidate 0 is the image's vector in kSample.
void draw_candidate(std::uint64_t key, std::uint64_t image, std::uint32_t candidate, std::int64_t dim,
                    float* out);

}  // namespace dcgan
