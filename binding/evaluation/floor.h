#pragma once

#include "contract.h"

namespace dcgan {

/// Draws up to `count` images of a pool that are not among the real ones: the generator's stand-ins. They and
/// their order are a function of the seed.
TrainingSet draw_floor(const TrainingSet& pool, const TrainingSet& real, std::int64_t count,
                       std::uint64_t seed);

}  // namespace dcgan
