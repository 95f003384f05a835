#include "training/penalties.h"

namespace dcgan {

torch::Tensor penalty_weights(const Networks& networks, const torch::TensorOptions& options) {
  const auto& slice = networks.slice;
  const auto weights = networks.penalties / static_cast<double>(slice.total);
  return weights.to(options.dtype()).unsqueeze(1).expand({2, slice.count}).reshape(-1);
}

torch::Tensor penalties_of(const torch::Tensor& weights, const torch::Tensor& squares) {
  return (weights * squares).view({2, -1}).sum(1) / 2;
}

}  // namespace dcgan
