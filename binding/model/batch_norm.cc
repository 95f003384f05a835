#include "model/batch_norm.h"

namespace dcgan {

namespace {

using torch::Tensor;

/// Returns all dimensions except the features.
std::vector<std::int64_t> others(const Tensor& x) {
  std::vector<std::int64_t> dims{0};
  for (std::int64_t dim = 2; dim < x.dim(); ++dim) dims.push_back(dim);
  return dims;
}

/// Reshapes one value per feature so that it broadcasts over `x`.
Tensor like(const Tensor& values, const Tensor& x) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
  shape[1] = -1;
  return values.view(shape);
}

/// The sums of two values of each feature over all processes, and the number of values in each sum.
struct Sums {
  Tensor first, second, count;
};

Sums sum_over(Peers& peers, const Tensor& first, const Tensor& second) {
  const auto features = first.size(1);
  const auto all = torch::cat(
      {first.sum(others(first), false, torch::kFloat64), second.sum(others(second), false, torch::kFloat64),
       torch::full({1}, static_cast<double>(first.numel()) / static_cast<double>(features),
                   first.options().dtype(torch::kFloat64))});
  peers.sum(all);
  return {all.slice(0, 0, features), all.slice(0, features, 2 * features), all.slice(0, 2 * features)};
}

struct Normalise : torch::autograd::Function<Normalise> {
  /// `mean` and `inverse` (standard deviation): one per feature, over all processes.
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, const Tensor& gamma,
                        const Tensor& beta, const Tensor& mean, const Tensor& inverse, std::int64_t peers) {
    const auto normalised = (x - like(mean, x)) * like(inverse, x);
    context->save_for_backward({normalised, gamma, inverse});
    context->saved_data["peers"] = peers;
    return normalised * like(gamma, x) + like(beta, x);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto& normalised = saved[0];
    const auto dy = gradients[0].to(normalised.scalar_type());
    auto& peers = *reinterpret_cast<Peers*>(context->saved_data["peers"].toInt());
    const auto product = dy * normalised;
    const auto beta_gradient = dy.sum(others(dy));
    const auto gamma_gradient = product.sum(others(dy));
    const auto [total, total_normalised, count] = sum_over(peers, dy, product);
    const auto mean_of = [&](const Tensor& sum) { return like((sum / count).to(dy.scalar_type()), dy); };
    const auto dx =
        (dy - mean_of(total) - normalised * mean_of(total_normalised)) * like(saved[1] * saved[2], dy);
    return {dx, gamma_gradient, beta_gradient, Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor batch_norm_over(Peers& peers, const torch::nn::BatchNormOptions& options,
                       const std::vector<Tensor>& norm, const Tensor& x) {
  const auto& gamma = norm[0];
  const auto values = x.to(gamma.scalar_type());
  Tensor mean, inverse;
  {
    torch::NoGradGuard no_grad;
    const auto wide = values.to(torch::kFloat64);
    const auto [sum, squares, count] = sum_over(peers, wide, wide * wide);
    const auto centre = sum / count;
    const auto deviations = (squares - sum * centre).clamp_min(0);
    mean = centre.to(gamma.scalar_type());
    inverse = (deviations / count + options.eps()).rsqrt().to(gamma.scalar_type());
    const auto momentum = options.momentum().value();
    norm[2].lerp_(mean, momentum);
    norm[3].lerp_((deviations / (count - 1)).to(gamma.scalar_type()), momentum);
    norm[4].add_(1);
  }
  return Normalise::apply(values, gamma, norm[1], mean, inverse, reinterpret_cast<std::int64_t>(&peers))
      .to(x.scalar_type());
}

}  // namespace dcgan
