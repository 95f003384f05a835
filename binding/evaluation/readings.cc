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
    const double* own = probabilities + n * static_cast<std::int64_t>(classes_.size());
    const auto found = static_cast<std::size_t>(std::max_element(own, own + classes_.size()) - own);
    confidence_ += own[found];
    ++classes_[found].read;
    if (labels == nullptr || labels[n] >= classes_.size()) continue;
    auto& labelled = classes_[labels[n]];
    ++labelled.labelled;
    if (labels[n] == found) ++labelled.correct;
  }
  count_ += count;
}

void Readings::write(Figures& figures) const {
  figures.count = count_;
  figures.confidence = confidence_ / static_cast<double>(count_);
  std::int64_t labelled = 0, correct = 0;
  for (const auto& each : classes_) {
    figures.class_shares.push_back(ratio(each.read, count_));
    figures.label_accuracies.push_back(ratio(each.correct, each.labelled));
    labelled += each.labelled;
    correct += each.correct;
  }
  figures.label_accuracy = ratio(correct, labelled);
}

}  // namespace dcgan
