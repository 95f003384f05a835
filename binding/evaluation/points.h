#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "model/threads.h"

namespace dcgan {

/// Points in the space of features, with the squares of their lengths. They are stored in float32, and all
/// computations use float64.
class Points {
 public:
  Points(std::int64_t count, std::int64_t dim)
      : values_(torch::zeros({count, dim})), norms_(static_cast<std::size_t>(count)) {}

  std::int64_t count() const { return values_.size(0); }
  std::int64_t dim() const { return values_.size(1); }
  /// Returns rows [first, last) in float64.
  torch::Tensor rows(std::int64_t first, std::int64_t last) const {
    return values_.slice(0, first, last).to(torch::kFloat64);
  }
  double norm(std::int64_t i) const { return norms_[static_cast<std::size_t>(i)]; }

  /// Returns the points of these rows.
  Points select(const std::vector<std::int64_t>& rows) const {
    Points some(static_cast<std::int64_t>(rows.size()), dim());
    const auto* from = values_.data_ptr<float>();
    auto* to = some.values_.data_ptr<float>();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::copy_n(from + rows[i] * dim(), dim(), to + static_cast<std::int64_t>(i) * dim());
      some.norms_[i] = norms_[static_cast<std::size_t>(rows[i])];
    }
    return some;
  }

  /// Sets `count` points, beginning with `first`.
  void set(std::int64_t first, std::int64_t count, const float* features) {
    const auto length = dim();
    std::copy_n(features, count * length, values_.data_ptr<float>() + first * length);
    for (std::int64_t i = 0; i < count; ++i) {
      double sum = 0;
      for (std::int64_t k = 0; k < length; ++k) {
        sum += static_cast<double>(features[i * length + k]) * features[i * length + k];
      }
      norms_[static_cast<std::size_t>(first + i)] = sum;
    }
  }

 private:
  torch::Tensor values_;
  std::vector<double> norms_;
};

/// A piece of a matrix of squared distances |a_i − b_j|², row-major.
struct DistanceTile {
  std::int64_t row;
  std::int64_t rows;
  std::int64_t column;
  std::int64_t columns;
  const double* values;

  const double* row_values(std::int64_t i) const { return values + i * columns; }
};

/// The rows of the matrix that one thread takes, and the columns of a tile: a megabyte of distances.
inline constexpr std::int64_t kTileRows = 128;
inline constexpr std::int64_t kTileColumns = 1024;

/// Calls `use(group, tile)` for all tiles of rows [first, last). Groups of kTileRows rows run in parallel.
/// One thread takes the tiles of a group, in order.
template <class Use>
void each_distance(const Points& a, std::int64_t first, std::int64_t last, const Points& b, const Use& use) {
  each_alone((last - first + kTileRows - 1) / kTileRows, [&](std::int64_t group) {
    torch::NoGradGuard no_grad;
    const auto row = first + group * kTileRows;
    const auto rows = std::min(kTileRows, last - row);
    const auto left = a.rows(row, row + rows);
    for (std::int64_t column = 0; column < b.count(); column += kTileColumns) {
      const auto columns = std::min(kTileColumns, b.count() - column);
      auto products = torch::mm(left, b.rows(column, column + columns).t());
      auto* values = products.template data_ptr<double>();
      for (std::int64_t i = 0; i < rows; ++i) {
        for (std::int64_t j = 0; j < columns; ++j) {
          auto& value = values[i * columns + j];
          value = std::max(0.0, a.norm(row + i) + b.norm(column + j) - 2 * value);
        }
      }
      use(group, DistanceTile{row, rows, column, columns, values});
    }
  });
}

}  // namespace dcgan
