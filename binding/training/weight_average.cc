#include "training/weight_average.h"

#include <algorithm>

#include "kernels/elementwise.h"
#include "kernels/team.h"

namespace dcgan {

namespace {

/// A generator's tensors by what the average does with them.
struct Parts {
  std::vector<torch::Tensor> averaged;  // parameters and running statistics
  std::vector<torch::Tensor> copied;    // the counters of batches
};

Parts parts_of(Generator& generator) {
  Parts parts{generator->parameters(), {}};
  for (auto& buffer : generator->buffers()) {
    (buffer.is_floating_point() ? parts.averaged : parts.copied).push_back(buffer);
  }
  return parts;
}

template <class A>
void move(const torch::Tensor& from, double weight, const torch::Tensor& into) {
  const auto* values = from.const_data_ptr<A>();
  auto* average = into.data_ptr<A>();
  kernels::each_piece(into.numel(), [&](kernels::Index begin, kernels::Index end) {
    kernels::elementwise<A>().average(values + begin, end - begin, static_cast<A>(weight), average + begin);
  });
}

}  // namespace

WeightAverage::WeightAverage(double decay, Generator& generator)
    : decay_(decay), average_(generator->latent_dim, generator->classes) {
  average_->eval();
  for (auto& parameter : average_->parameters()) parameter.set_requires_grad(false);
  reset(generator);
}

double WeightAverage::weight(std::int64_t step) const {
  const auto steps = static_cast<double>(step);
  return 1 - std::min(decay_, (1 + steps) / (10 + steps));
}

void WeightAverage::update(const torch::Tensor& weight, Generator& generator) {
  torch::NoGradGuard no_grad;
  const auto from = parts_of(generator), into = parts_of(average_);
  at::_foreach_copy_(into.copied, from.copied);
  if (weight.is_cpu()) {
    for (std::size_t i = 0; i < into.averaged.size(); ++i) {
      if (into.averaged[i].scalar_type() == torch::kFloat64) {
        move<double>(from.averaged[i], weight.item<double>(), into.averaged[i]);
      } else {
        move<float>(from.averaged[i], weight.item<double>(), into.averaged[i]);
      }
    }
    return;
  }
  const auto differences = at::_foreach_sub(from.averaged, into.averaged);
  at::_foreach_mul_(differences, weight);
  at::_foreach_add_(into.averaged, differences);
}

/// set_data() also gives the average the generator's device and dtype.
void WeightAverage::reset(Generator& generator) {
  const auto copy = [](const std::vector<torch::Tensor>& from, std::vector<torch::Tensor> to) {
    for (std::size_t i = 0; i < from.size(); ++i) to[i].set_data(from[i].detach().clone());
  };
  copy(generator->parameters(), average_->parameters());
  copy(generator->buffers(), average_->buffers());
}

}  // namespace dcgan
