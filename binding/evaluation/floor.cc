#include "evaluation/floor.h"

#include <numeric>
#include <string_view>
#include <unordered_set>

#include "random/philox.h"

namespace dcgan {

namespace {

std::string_view image_of(const TrainingSet& set, std::int64_t i) {
  const auto* begin = reinterpret_cast<const char*>(set.images.data()) + i * kImagePixels;
  return {begin, static_cast<std::size_t>(kImagePixels)};
}

}  // namespace

TrainingSet draw_floor(const TrainingSet& pool, const TrainingSet& real, std::int64_t count,
                       std::uint64_t seed) {
  std::unordered_set<std::string_view> taken;
  for (std::int64_t i = 0; i < real.count; ++i) taken.insert(image_of(real, i));

  // A Fisher-Yates shuffle, which stops when there are enough images.
  std::vector<std::int64_t> order(static_cast<std::size_t>(pool.count));
  std::iota(order.begin(), order.end(), 0);
  TrainingSet floor;
  for (std::size_t i = 0; i < order.size() && floor.count < count; ++i) {
    const auto draw = derive_seed(seed, Stream::kFloor, i);
    std::swap(order[i], order[i + draw % (order.size() - i)]);
    const auto image = image_of(pool, order[i]);
    if (taken.count(image) > 0) continue;
    floor.images.insert(floor.images.end(), image.begin(), image.end());
    if (!pool.labels.empty()) floor.labels.push_back(pool.labels[static_cast<std::size_t>(order[i])]);
    ++floor.count;
  }
  return floor;
}

}  // namespace dcgan
