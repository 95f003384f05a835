#pragma once

#include <array>
#include <cstdint>

#include "contract.h"
#include "evaluation/classifier.h"

namespace dcgan {

/// The classifier's readings of images.
class Readings {
 public:
  /// Takes `count` images' probabilities and, where they have labels, those.
  void add(const double* probabilities, const std::uint8_t* labels, std::int64_t count);

  /// Writes the figures that come of them.
  void write(Figures& figures) const;

 private:
  struct Digit {
    std::int64_t read = 0;
    std::int64_t asked = 0;
    std::int64_t read_as_asked = 0;
  };
  std::array<Digit, kDigits> digits_;
  std::int64_t count_ = 0;
  double confidence_ = 0;
};

}  // namespace dcgan
