// The element-wise loops of this processor's level against their formulas in float64: what they round is the
// nearest number of its type, and what they sum is kept in SumOf<S>, from the rounded numbers.

#include <cmath>
#include <random>
#include <vector>

#include "check.h"
#include "kernels/elementwise.h"
#include "kernels/processor.h"

namespace {

using namespace dcgan::kernels;

// More rows than a sum of bfloat16 numbers would survive in bfloat16.
constexpr TileSize kSize{37, 48};
constexpr Index kValues = kSize.rows * kSize.columns;

std::mt19937 generator(1);

template <class S>
std::vector<S> draw(Index count) {
  std::normal_distribution<SumOf<S>> normal;
  std::vector<S> result(static_cast<std::size_t>(count));
  for (auto& value : result) value = narrow<S>(normal(generator));
  return result;
}

template <class S>
double at(const std::vector<S>& values, Index row, Index column = 0) {
  return static_cast<double>(widen(values[static_cast<std::size_t>(row * kSize.columns + column)]));
}

template <class A>
constexpr double kSumError = std::is_same_v<A, double> ? 1e-14 : 1e-6;

/// `magnitude`: the sum of the terms' absolute values.
template <class A>
bool is_sum(double ours, double exact, double magnitude) {
  return std::abs(ours - exact) <= kSumError<A> * magnitude;
}

/// `magnitude`: of what it was computed from.
template <class S>
bool is_rounded(double ours, double exact, double magnitude) {
  const double half_a_step = kPairs<S> ? std::abs(exact) / 256 : 0;
  return std::abs(ours - exact) <= half_a_step + kSumError<SumOf<S>> * magnitude;
}

template <class Holds>
bool everywhere(const Holds& holds) {
  bool all = true;
  for (Index n = 0; n < kSize.rows; ++n) {
    for (Index c = 0; c < kSize.columns; ++c) all &= holds(n, c);
  }
  return all;
}

/// `term(n, c)`: a term of the sum of column c, in float64.
template <class A, class Term>
bool are_column_sums(const std::vector<A>& sums, const Term& term) {
  bool all = true;
  for (Index c = 0; c < kSize.columns; ++c) {
    double exact = 0, magnitude = 0;
    for (Index n = 0; n < kSize.rows; ++n) {
      exact += term(n, c);
      magnitude += std::abs(term(n, c));
    }
    all &= is_sum<A>(at(sums, 0, c), exact, magnitude);
  }
  return all;
}

template <class S>
struct Loops {
  using A = SumOf<S>;
  const Elementwise<S>& loops = elementwise<S>();
  std::vector<A> scale = draw<A>(kSize.columns), shift = draw<A>(kSize.columns),
                 mean = draw<A>(kSize.columns), inverse = draw<A>(kSize.columns),
                 mean_dz = draw<A>(kSize.columns), mean_dz_normalised = draw<A>(kSize.columns);
  Features<A> features{mean.data(),  inverse.data(), scale.data(),
                       shift.data(), mean_dz.data(), mean_dz_normalised.data()};
  std::vector<S> x = draw<S>(kValues), y = draw<S>(kValues), out = draw<S>(kValues);
  std::vector<A> sums = draw<A>(kValues), total = draw<A>(kSize.columns),
                 second_total = draw<A>(kSize.columns);

  double normalised(Index n, Index c) const { return (at(y, n, c) - at(mean, 0, c)) * at(inverse, 0, c); }

  void statistics() {
    loops.column_stats(y.data(), kSize, total.data(), second_total.data());
    CHECK(are_column_sums(total,
                          [&](Index n, Index c) { return at(y, n, c) / static_cast<double>(kSize.rows); }));
    CHECK(are_column_sums(second_total, [&](Index n, Index c) {
      const double deviation = at(y, n, c) - at(total, 0, c);
      return deviation * deviation;
    }));
  }

  void normalisation() {
    loops.normalise(y.data(), kSize, features, out.data());
    CHECK(everywhere([&](Index n, Index c) {
      const double z = at(y, n, c) * at(scale, 0, c) + at(shift, 0, c);
      return is_rounded<S>(at(out, n, c), std::max(0.0, z), 10);
    }));
    loops.rectify(sums.data(), shift.data(), kSize, out.data());
    CHECK(everywhere([&](Index n, Index c) {
      return is_rounded<S>(at(out, n, c), std::max(0.0, at(sums, n, c) + at(shift, 0, c)), 10);
    }));

    loops.rectify_backward(sums.data(), {y.data(), x.data()}, kSize, features,
                           {out.data(), total.data(), second_total.data()});
    CHECK(everywhere([&](Index n, Index c) {
      return is_rounded<S>(at(out, n, c), at(x, n, c) > 0 ? at(sums, n, c) : 0, 0);
    }));
    CHECK(are_column_sums(total, [&](Index n, Index c) { return at(out, n, c); }));
    CHECK(are_column_sums(second_total, [&](Index n, Index c) { return at(out, n, c) * normalised(n, c); }));

    const auto dz = out;
    loops.normalise_backward(y.data(), kSize, features, out.data());
    CHECK(everywhere([&](Index n, Index c) {
      const double part = normalised(n, c) * at(mean_dz_normalised, 0, c);
      return is_rounded<S>(at(out, n, c), at(scale, 0, c) * (at(dz, n, c) - at(mean_dz, 0, c) - part), 100);
    }));
  }

  void slopes() {
    std::vector<std::uint8_t> keep(kValues);
    for (auto& code : keep) code = generator() % 4 > 0;
    auto code = keep;
    const double factor = 4.0 / 3;
    loops.leak_and_drop(sums.data(), shift.data(), kSize, {code.data(), A(factor)}, out.data());
    const auto slope = [&](Index n, Index c) {
      const bool positive = at(sums, n, c) + at(shift, 0, c) > 0;
      return keep[static_cast<std::size_t>(n * kSize.columns + c)] * factor * (positive ? 1 : 0.2);
    };
    CHECK(everywhere([&](Index n, Index c) {
      return is_rounded<S>(at(out, n, c), slope(n, c) * (at(sums, n, c) + at(shift, 0, c)), 10);
    }));
    const auto gradient = draw<A>(kValues);
    loops.leak_and_drop_backward(gradient.data(), {code.data(), A(factor)}, kSize, out.data(), total.data());
    CHECK(everywhere([&](Index n, Index c) {
      return is_rounded<S>(at(out, n, c), slope(n, c) * at(gradient, n, c), 10);
    }));
    CHECK(are_column_sums(total, [&](Index n, Index c) { return at(out, n, c); }));
  }

  void heads() {
    constexpr Index kClasses = 3;
    std::vector<std::uint8_t> labels(kSize.rows);
    for (auto& label : labels) label = static_cast<std::uint8_t>(generator() % kClasses);
    auto weights = draw<A>(kClasses * kSize.columns);
    const auto g = draw<A>(kSize.rows), b = draw<A>(kSize.rows);
    const auto label_of = [&](Index n) { return Index(labels[static_cast<std::size_t>(n)]); };
    const auto factor = [](const std::vector<A>& factors, Index n) {
      return static_cast<double>(factors[static_cast<std::size_t>(n)]);
    };

    auto products = g;
    loops.row_products(x.data(), kSize, {weights.data(), kSize.columns, labels.data()}, products.data());
    for (Index n = 0; n < kSize.rows; ++n) {
      double exact = 0, magnitude = 0;
      for (Index c = 0; c < kSize.columns; ++c) {
        const double term = at(x, n, c) * at(weights, label_of(n), c);
        exact += term;
        magnitude += std::abs(term);
      }
      CHECK(is_sum<A>(factor(products, n), exact, magnitude));
    }
    loops.outer_product(g.data(), {weights.data(), kSize.columns, labels.data()}, kSize, sums.data());
    CHECK(everywhere([&](Index n, Index c) {
      return is_sum<A>(at(sums, n, c), factor(g, n) * at(weights, label_of(n), c), 10);
    }));

    std::fill(weights.begin(), weights.end(), A(0));
    loops.column_products(x.data(), kSize, g.data(), {weights.data(), kSize.columns, labels.data()});
    for (Index label = 0; label < kClasses; ++label) {
      const auto first = weights.begin() + label * kSize.columns;
      CHECK(are_column_sums(std::vector<A>(first, first + kSize.columns), [&](Index n, Index c) {
        return label_of(n) == label ? factor(g, n) * at(x, n, c) : 0.0;
      }));
    }

    const auto before = x;
    loops.blend(x.data(), g.data(), y.data(), b.data(), kSize);
    CHECK(everywhere([&](Index n, Index c) {
      const double exact = factor(g, n) * at(before, n, c) + factor(b, n) * at(y, n, c);
      return is_rounded<S>(at(x, n, c), exact, 100);
    }));
  }

  void all() {
    statistics();
    normalisation();
    slopes();
    heads();
  }
};

}  // namespace

int main() {
  std::printf("level %s\n", level_name());
  Loops<float>().all();
  Loops<double>().all();
  Loops<BFloat16>().all();
  return failures;
}
