#include "training/step.h"

#include <limits>

namespace dcgan {

torch::Tensor Step::losses_of(const Loss& disc, const Loss& gen, const torch::Tensor& penalties) {
  const auto part = [&](const torch::Tensor& value) {
    return value.defined() ? value : torch::full_like(disc.value, std::numeric_limits<double>::quiet_NaN());
  };
  auto losses = torch::stack({disc.value, gen.value, part(disc.real), part(disc.fake)});
  const auto added = penalties.defined() ? penalties.detach() : losses.new_zeros({2});
  return torch::cat({losses, added.to(losses.dtype())}).to(torch::kFloat32);
}

}  // namespace dcgan
