#include "model/initialise.h"

#include <cmath>

namespace dcgan {

static void dcgan_init(torch::Tensor weight, const at::Generator& random) {
  weight.normal_(0.0, 0.02, random);
}

static void xavier_uniform(torch::Tensor weight, const at::Generator& random) {
  const double bound = std::sqrt(6.0 / static_cast<double>(weight.size(0) + weight.size(1)));
  weight.uniform_(-bound, bound, random);
}

void initialise(Generator& generator, Discriminator& discriminator, at::Generator random) {
  torch::NoGradGuard no_grad;
  xavier_uniform(generator->linear->weight, random);
  dcgan_init(generator->conv1->weight, random);
  dcgan_init(generator->conv2->weight, random);
  dcgan_init(generator->conv3->weight, random);
  dcgan_init(discriminator->conv1->weight, random);
  dcgan_init(discriminator->conv2->weight, random);
  xavier_uniform(discriminator->linear->weight, random);
  discriminator->conv1->bias.zero_();
  discriminator->conv2->bias.zero_();
  discriminator->linear->bias.zero_();
}

}  // namespace dcgan
