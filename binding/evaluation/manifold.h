#pragma once

#include <cstdint>
#include <vector>

#include "evaluation/points.h"

namespace dcgan {

/// The neighbour that a point's ball reaches: the k of the authors' experiments.
inline constexpr std::int64_t kPrecisionK = 3;
inline constexpr std::int64_t kCoverageK = 5;

/// The squared radii of balls around points. A ball reaches its point's k-th nearest neighbour, or the
/// farthest one if there are fewer.
struct Balls {
  explicit Balls(std::int64_t count)
      : precision(static_cast<std::size_t>(count)), coverage(static_cast<std::size_t>(count)) {}
  std::vector<double> precision;
  std::vector<double> coverage;
};

/// Computes the balls of points [first, last).
void find_balls(const Points& points, std::int64_t first, std::int64_t last, Balls& balls);

/// A set of points and their balls.
struct Manifold {
  explicit Manifold(std::int64_t count, std::int64_t dim) : points(count, dim), balls(count) {}
  Points points;
  Balls balls;
};

/// Computes precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020) of
/// points against real ones, from a few rows of their distances at a time.
class Overlap {
 public:
  explicit Overlap(const Manifold& real);

  /// Adds points [first, last), with their distances to all real ones.
  void add(const Manifold& points, std::int64_t first, std::int64_t last);

  struct Figures {
    double precision;
    double recall;
    double density;
    double coverage;
  };
  /// Returns the figures of the `count` points that were added.
  Figures figures(std::int64_t count) const;

 private:
  const Manifold& real_;
  std::int64_t inside_ = 0;             // points in a ball of a real one
  std::int64_t hits_ = 0;               // pairs of a point and a real ball of kCoverageK that it lies in
  std::vector<std::uint8_t> recalled_;  // of each real point: whether it lies in a ball
  std::vector<std::uint8_t> covered_;   // of each real point: whether its ball has a point in it
};

}  // namespace dcgan
