#pragma once

#include <cstdint>
#include <vector>

#include "classifier/classifier.h"
#include "contract.h"

namespace dcgan {

/// Summarises how the classifier reads images.
class Readings {
 public:
  explicit Readings(std::int64_t classes) : classes_(static_cast<std::size_t>(classes)) {}

  /// Adds the probabilities, and the labels if there are any, of `count` images.
  void add(const double* probabilities, const std::uint8_t* labels, std::int64_t count);

  /// Writes the resulting figures.
  void write(Figures& figures) const;

 private:
  struct Class {
    std::int64_t read = 0;
    std::int64_t labelled = 0;
    std::int64_t correct = 0;
  };
  std::vector<Class> classes_;
  std::int64_t count_ = 0;
  double confidence_ = 0;
};

}  // namespace dcgan
