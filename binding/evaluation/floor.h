#pragma once

#include "contract.h"

namespace dcgan {

/// Draws up to `count` images from a pool that are not among the real ones. They take the place of generated
/// images. The images and their order depend on the seed alone.
TrainingSet draw_floor(const TrainingSet& pool, const TrainingSet& real, std::int64_t count,
                       std::uint64_t seed);

}  // namespace dcgan
