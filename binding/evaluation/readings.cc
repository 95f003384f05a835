#include "evaluation/readings.h"

#include <algorithm>

namespace dcgan {

namespace {

/// Returns NaN if `whole` is zero.
double ratio(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void Readings::add(const double* probabilities, const std::uint8_t* labels, std::int64_t count) {
  for (std::int64_t n = 0; n < count; ++n) {
    const double* own = probabilities + n * kDigits;
    const auto digit = static_cast<std::size_t>(std::max_element(own, own + kDigits) - own);
    confidence_ += own[digit];
    ++digits_[digit].read;
    if (labels == nullptr || labels[n] >= kDigits) continue;
    auto& asked = digits_[labels[n]];
    ++asked.asked;
    if (labels[n] == digit) ++asked.read_as_asked;
  }
  count_ += count;
}

void Readings::write(Figures& figures) const {
  figures.count = count_;
  figures.confidence = confidence_ / static_cast<double>(count_);
  std::int64_t asked = 0, right = 0;
  for (const auto& digit : digits_) {
    figures.class_shares.push_back(ratio(digit.read, count_));
    figures.label_accuracies.push_back(ratio(digit.read_as_asked, digit.asked));
    asked += digit.asked;
    right += digit.read_as_asked;
  }
  figures.label_accuracy = ratio(right, asked);
}

}  // namespace dcgan
