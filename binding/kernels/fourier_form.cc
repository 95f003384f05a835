#include "kernels/fourier_form.h"

#include <cmath>
#include <numbers>

namespace dcgan::kernels {

namespace {

/// The factors of cos θ and sin θ in a row of a matrix.
struct Wave {
  double cosine;
  double sine;
};

/// A coefficient of the transform over period × period points: θ = 2π (u y + v x) / period.
struct Frequency {
  Index period;
  Index u;
  Index v;

  /// True if the coefficient of real numbers is real.
  bool real() const { return 2 * u % period == 0 && 2 * v % period == 0; }
  /// True if this is the first of two conjugate coefficients, or the only one.
  bool first() const {
    const Index other_u = (period - u) % period, other_v = (period - v) % period;
    return u * period + v <= other_u * period + other_v;
  }
  /// Appends the wave's values at the points of a square that begins at row and column `begin`.
  void append(Wave wave, Index begin, Index side, std::vector<double>& row) const {
    for (Index y = begin; y < begin + side; ++y) {
      for (Index x = begin; x < begin + side; ++x) {
        const double angle = 2 * std::numbers::pi * static_cast<double>((u * y + v * x) % period) /
                             static_cast<double>(period);
        row.push_back(wave.cosine * std::cos(angle) + wave.sine * std::sin(angle));
      }
    }
  }
};

}  // namespace

FourierForm fourier_form(Index side, Window window) {
  const Index period = side + window.padding;
  const double share = 1.0 / static_cast<double>(period * period);
  FourierForm form;
  for (Index i = 0; i < period * period; ++i) {
    const Frequency frequency{period, i / period, i % period};
    if (!frequency.first()) continue;
    const auto add = [&](Wave input, Wave kernel, Wave output) {
      frequency.append(input, 0, side, form.input);
      frequency.append(kernel, 0, window.side, form.kernel);
      frequency.append(output, window.padding, side, form.output);
      ++form.planes;
    };
    if (frequency.real()) {
      add({1, 0}, {1, 0}, {share, 0});
      continue;
    }
    add({1, -1}, {1, 0}, {2 * share, -2 * share});  // k₁
    add({1, 0}, {-1, -1}, {0, -2 * share});         // k₂
    add({0, -1}, {1, -1}, {-2 * share, 0});         // k₃
  }
  return form;
}

}  // namespace dcgan::kernels
