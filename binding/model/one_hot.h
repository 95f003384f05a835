#pragma once

#include <torch/torch.h>

namespace dcgan {

/// N labels (int64) as N × classes zeros and ones. Unlike torch::one_hot it never waits for a GPU, which a
/// captured graph must not.
inline torch::Tensor one_hot(const torch::Tensor& labels, std::int64_t classes, torch::Dtype dtype) {
  return labels.unsqueeze(1).eq(torch::arange(classes, labels.options())).to(dtype);
}

}  // namespace dcgan
