#include "training/adam.h"

#include <cmath>
#include <numeric>

#include "kernels/elementwise.h"
#include "kernels/team.h"

namespace dcgan {

Adam::Adam(std::vector<torch::Tensor> parameters, AdamOptions options)
    : options_(options), parameters_(std::move(parameters)) {
  const auto count =
      torch::zeros({}, torch::TensorOptions().dtype(torch::kFloat32).device(parameters_.at(0).device()));
  state_steps_.assign(parameters_.size(), count);
  if (count.is_cuda()) device_lr_ = torch::full_like(count, options_.lr);
}

void Adam::set_lr(double lr) {
  options_.lr = lr;
  if (device_lr_.defined()) device_lr_.fill_(lr);
}

void Adam::need_moments() {
  if (!exp_avgs_.empty()) return;
  for (const auto& parameter : parameters_) {
    exp_avgs_.push_back(torch::zeros_like(parameter).detach());
    exp_avg_sqs_.push_back(torch::zeros_like(parameter).detach());
  }
}

std::vector<torch::Tensor>& Adam::exp_avgs() {
  need_moments();
  return exp_avgs_;
}

std::vector<torch::Tensor>& Adam::exp_avg_sqs() {
  need_moments();
  return exp_avg_sqs_;
}

void Adam::join_gradients() {
  std::vector<std::int64_t> sizes;
  for (const auto& parameter : parameters_) sizes.push_back(parameter.numel());
  gradients_ = torch::zeros({std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0})},
                            parameters_.at(0).options().requires_grad(false));
  const auto parts = gradients_.split_with_sizes(sizes);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    // The fused kernel goes through the memory of a parameter and of its gradient in the same order.
    const auto& parameter = parameters_[i];
    parameter.mutable_grad() =
        parts[i].as_strided(parameter.sizes(), parameter.strides(), parts[i].storage_offset());
  }
}

void Adam::step() {
  torch::NoGradGuard no_grad;
  need_moments();
  state_steps_[0].add_(1);
  if (device_lr_.defined()) return step_on_cuda();
  return parameters_[0].scalar_type() == torch::kFloat64 ? step_on_cpu<double>() : step_on_cpu<float>();
}

void Adam::step_on_cuda() {
  std::vector<torch::Tensor> grads;
  grads.reserve(parameters_.size());
  for (const auto& parameter : parameters_) grads.push_back(parameter.grad());
  at::_fused_adam_(parameters_, grads, exp_avgs_, exp_avg_sqs_, {}, state_steps_, device_lr_, options_.beta1,
                   options_.beta2, /*weight_decay=*/0.0, options_.eps, /*amsgrad=*/false,
                   /*maximize=*/false);
}

/// Uses the model's own threads: LibTorch's threads would keep the processors busy for a while afterwards.
template <class A>
void Adam::step_on_cpu() {
  const auto [lr, beta1, beta2, eps] = options_;
  const auto made = static_cast<double>(steps());
  const kernels::AdamRates rates{beta1, beta2, eps, lr / (1 - std::pow(beta1, made)),
                                 std::sqrt(1 - std::pow(beta2, made))};
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto* gradient = parameters_[i].grad().const_data_ptr<A>();
    auto* values = parameters_[i].data_ptr<A>();
    auto *mean = exp_avgs_[i].data_ptr<A>(), *squares = exp_avg_sqs_[i].data_ptr<A>();
    kernels::each_piece(parameters_[i].numel(), [&](kernels::Index begin, kernels::Index end) {
      kernels::elementwise<A>().adam(gradient + begin, end - begin, rates, {mean + begin, squares + begin},
                                     values + begin);
    });
  }
}

std::int64_t Adam::steps() const { return static_cast<std::int64_t>(state_steps_[0].item<float>()); }

void Adam::set_steps(std::int64_t steps) { state_steps_[0].fill_(static_cast<double>(steps)); }

}  // namespace dcgan
