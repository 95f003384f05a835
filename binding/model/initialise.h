#pragma once

#include "model/discriminator.h"
#include "model/generator.h"

namespace dcgan {

/// Convolutions from N(0, 0.02) (Radford et al. 2016), dense layers Xavier-uniform (Glorot & Bengio 2010) and
/// biases zero, as the tutorial's layers are. Draws from `random` alone.
void initialise(Generator& generator, Discriminator& discriminator, at::Generator random);

}  // namespace dcgan
