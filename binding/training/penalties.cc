#include "training/penalties.h"

namespace dcgan {

torch::Tensor penalty_weights(const Rates& rates, const Slice& slice, const torch::TensorOptions& options) {
  const auto count = static_cast<double>(slice.total);
  return torch::cat({torch::full({slice.count}, rates.r1 / count, options),
                     torch::full({slice.count}, rates.r2 / count, options)});
}

torch::Tensor penalties_of(const torch::Tensor& weights, const torch::Tensor& squares) {
  return (weights * squares).view({2, -1}).sum(1) / 2;
}

}  // namespace dcgan
