#include "evaluation/frechet.h"

#include <vector>

namespace dcgan {

namespace {

/// One thread sums the products of so many points.
constexpr std::int64_t kRows = 1024;

/// Calls `part` for each piece of the points, and sums the results, always in the same order.
template <class Part>
torch::Tensor sum_of(const Points& points, const Part& part) {
  std::vector<torch::Tensor> parts(static_cast<std::size_t>((points.count() + kRows - 1) / kRows));
  each_alone(static_cast<std::int64_t>(parts.size()), [&](std::int64_t i) {
    torch::NoGradGuard no_grad;
    const auto first = i * kRows;
    parts[static_cast<std::size_t>(i)] = part(points.rows(first, std::min(first + kRows, points.count())));
  });
  auto sum = torch::zeros_like(parts.front());
  for (const auto& each : parts) sum += each;
  return sum;
}

/// Returns the symmetric square root. Eigenvalues that rounding made negative count as zero.
torch::Tensor root(const torch::Tensor& matrix) {
  const auto [values, vectors] = torch::linalg_eigh(matrix);
  return torch::mm(vectors * values.clamp_min(0).sqrt(), vectors.t());
}

}  // namespace

Gaussian gaussian_of(const Points& points) {
  const auto count = static_cast<double>(points.count());
  const auto mean = sum_of(points, [](const torch::Tensor& rows) { return rows.sum(0); }) / count;
  const auto squares = sum_of(points, [&](const torch::Tensor& rows) {
    const auto centred = rows - mean;
    return torch::mm(centred.t(), centred);
  });
  return {mean, squares / (count - 1)};
}

double frechet_distance(const Gaussian& a, const Gaussian& b) {
  double distance = 0;
  each_alone(1, [&](std::int64_t) {
    torch::NoGradGuard no_grad;
    const auto half = root(a.covariance);
    const auto product = torch::mm(torch::mm(half, b.covariance), half);
    // The symmetric form has the eigenvalues of Ca Cb. Apart from rounding, they are not negative.
    const auto cross = torch::linalg_eigvalsh((product + product.t()) / 2).clamp_min(0).sqrt().sum();
    distance = ((a.mean - b.mean).square().sum() + a.covariance.trace() + b.covariance.trace() - 2 * cross)
                   .item<double>();
  });
  return distance;
}

}  // namespace dcgan
