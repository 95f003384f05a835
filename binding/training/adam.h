#pragma once

#include <torch/torch.h>

#include <vector>

namespace dcgan {

struct AdamOptions {
  double lr = 0;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
};

/// Adam (Kingma & Ba 2015). On a GPU it uses LibTorch's fused kernel, which reads the step count on the
/// device.
class Adam {
 public:
  Adam(std::vector<torch::Tensor> parameters, AdamOptions options);

  /// Updates the parameters from their gradients.
  void step();

  /// Gives all parameters new gradients, zero at first, which lie in one piece of memory: gradients().
  void join_gradients();
  const torch::Tensor& gradients() const { return gradients_; }

  void set_lr(double lr);

  std::int64_t steps() const;
  void set_steps(std::int64_t steps);

  const std::vector<torch::Tensor>& parameters() const { return parameters_; }
  /// Return the running means of the gradients and of their squares, in the parameters' order.
  std::vector<torch::Tensor>& exp_avgs();
  std::vector<torch::Tensor>& exp_avg_sqs();

 private:
  /// Makes the running means when they are first needed. A model that only serves has none.
  void need_moments();
  void step_on_cuda();
  template <class A>
  void step_on_cpu();

  AdamOptions options_;
  torch::Tensor device_lr_;  // on CUDA alone: a CUDA graph reads it at each replay
  std::vector<torch::Tensor> parameters_;
  torch::Tensor gradients_;
  std::vector<torch::Tensor> exp_avgs_;
  std::vector<torch::Tensor> exp_avg_sqs_;
  std::vector<torch::Tensor> state_steps_;  // the same tensor once per parameter, as the kernel needs it
};

}  // namespace dcgan
