#pragma once

#include <torch/torch.h>

#include "peers/peers.h"

namespace dcgan {

/// Batch normalisation in training mode over the mini-batch of all processes (x: N × C, or N × C × H × W).
/// They exchange sums, forward and backward. `norm`: weight, bias, running_mean, running_var,
/// num_batches_tracked.
torch::Tensor batch_norm_over(Peers& peers, const torch::nn::BatchNormOptions& options,
                              const std::vector<torch::Tensor>& norm, const torch::Tensor& x);

/// Calls the module itself if it is not training or there are no other processes.
template <class Norm>
torch::Tensor batch_norm(Norm& norm, const torch::Tensor& x, Peers* peers) {
  if (peers == nullptr || !norm->is_training()) return norm(x);
  return batch_norm_over(
      *peers, norm->options,
      {norm->weight, norm->bias, norm->running_mean, norm->running_var, norm->num_batches_tracked}, x);
}

}  // namespace dcgan
