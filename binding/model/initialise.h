#pragma once

#include "model/discriminator.h"
#include "model/generator.h"

namespace dcgan {

/// Draws the weights as the tutorial does: convolutions from N(0, 0.02) (Radford et al. 2016), dense layers
/// Xavier-uniform (Glorot & Bengio 2010), biases zero. Draws from `random` alone.
void initialise(Generator& generator, Discriminator& discriminator, at::Generator random);

}  // namespace dcgan
