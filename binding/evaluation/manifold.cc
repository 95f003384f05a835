#include "evaluation/manifold.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

namespace dcgan {

namespace {

/// Keeps the smallest values so far, in order. Index 0 is the point's distance from itself.
class Nearest {
 public:
  Nearest() { smallest_.fill(std::numeric_limits<double>::infinity()); }

  void add(const double* values, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      if (values[i] < smallest_.back()) insert(values[i]);
    }
  }
  double of(std::int64_t k) const { return smallest_[static_cast<std::size_t>(k)]; }

 private:
  void insert(double value) {
    std::size_t place = smallest_.size() - 1;
    for (; place > 0 && smallest_[place - 1] > value; --place) smallest_[place] = smallest_[place - 1];
    smallest_[place] = value;
  }

  std::array<double, std::max(kPrecisionK, kCoverageK) + 1> smallest_;
};

std::int64_t ones(const std::vector<std::uint8_t>& flags) {
  return std::accumulate(flags.begin(), flags.end(), std::int64_t{0});
}

void merge(std::vector<std::uint8_t>& into, const std::vector<std::uint8_t>& flags) {
  for (std::size_t i = 0; i < into.size(); ++i) into[i] |= flags[i];
}

double share(std::int64_t part, std::size_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void find_balls(const Points& points, std::int64_t first, std::int64_t last, Balls& balls) {
  std::vector<Nearest> nearest(static_cast<std::size_t>(last - first));
  each_distance(points, first, last, points, [&](std::int64_t, const DistanceTile& tile) {
    for (std::int64_t i = 0; i < tile.rows; ++i) {
      nearest[static_cast<std::size_t>(tile.row - first + i)].add(tile.row_values(i), tile.columns);
    }
  });
  const auto farthest = points.count() - 1;
  for (auto i = first; i < last; ++i) {
    const auto& own = nearest[static_cast<std::size_t>(i - first)];
    balls.precision[static_cast<std::size_t>(i)] = own.of(std::min(kPrecisionK, farthest));
    balls.coverage[static_cast<std::size_t>(i)] = own.of(std::min(kCoverageK, farthest));
  }
}

Overlap::Overlap(const Manifold& real)
    : real_(real),
      recalled_(static_cast<std::size_t>(real.points.count())),
      covered_(static_cast<std::size_t>(real.points.count())) {}

void Overlap::add(const Manifold& points, std::int64_t first, std::int64_t last) {
  struct Group {
    std::vector<std::uint8_t> inside, recalled, covered;
    std::int64_t hits = 0;
  };
  std::vector<Group> groups(static_cast<std::size_t>((last - first + kTileRows - 1) / kTileRows));
  each_distance(points.points, first, last, real_.points, [&](std::int64_t index, const DistanceTile& tile) {
    auto& group = groups[static_cast<std::size_t>(index)];
    if (group.inside.empty()) {
      group.inside.resize(static_cast<std::size_t>(tile.rows));
      group.recalled.resize(recalled_.size());
      group.covered.resize(covered_.size());
    }
    const double* precise = real_.balls.precision.data() + tile.column;
    const double* wide = real_.balls.coverage.data() + tile.column;
    auto* recalled = group.recalled.data() + tile.column;
    auto* covered = group.covered.data() + tile.column;
    for (std::int64_t i = 0; i < tile.rows; ++i) {
      const double* distances = tile.row_values(i);
      const double ball = points.balls.precision[static_cast<std::size_t>(tile.row + i)];
      std::int32_t inside = 0, hits = 0;
      for (std::int64_t j = 0; j < tile.columns; ++j) {
        const bool hit = distances[j] <= wide[j];
        inside |= distances[j] <= precise[j];
        recalled[j] |= static_cast<std::uint8_t>(distances[j] <= ball);
        covered[j] |= static_cast<std::uint8_t>(hit);
        hits += hit;
      }
      group.inside[static_cast<std::size_t>(i)] |= static_cast<std::uint8_t>(inside);
      group.hits += hits;
    }
  });
  for (const auto& group : groups) {
    inside_ += ones(group.inside);
    hits_ += group.hits;
    merge(recalled_, group.recalled);
    merge(covered_, group.covered);
  }
}

Overlap::Figures Overlap::figures(std::int64_t count) const {
  const auto points = static_cast<std::size_t>(count);
  return {share(inside_, points), share(ones(recalled_), recalled_.size()),
          share(hits_, static_cast<std::size_t>(kCoverageK) * points),
          share(ones(covered_), covered_.size())};
}

}  // namespace dcgan
