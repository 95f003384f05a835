#pragma once

#include <torch/torch.h>

namespace dcgan {

/// Turns N labels (int64) into N × classes zeros and ones. Unlike torch::one_hot, it never waits for a GPU,
/// which is forbidden in a captured graph.
inline torch::Tensor one_hot(const torch::Tensor& labels, std::int64_t classes, torch::Dtype dtype) {
  return labels.unsqueeze(1).eq(torch::arange(classes, labels.options())).to(dtype);
}

}  // namespace dcgan
