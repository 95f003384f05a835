#include "training/mini_batches.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cstring>

#include "contract.h"
#include "random/philox.h"

namespace dcgan {

static constexpr std::uint64_t kFnvBasis = 0xCBF29CE484222325ull;

static std::uint64_t fnv1a(const std::vector<std::uint8_t>& bytes, std::uint64_t basis) {
  constexpr std::uint64_t prime = 0x100000001B3ull;
  std::uint64_t hash = basis ^ bytes.size();
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {  // unlike FNV-1a, eight bytes at a time: it is faster
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + i, 8);
    hash = (hash ^ word) * prime;
  }
  for (; i < bytes.size(); ++i) hash = (hash ^ bytes[i]) * prime;
  return hash;
}

std::uint64_t MiniBatches::hash_of(const TrainingSet& dataset) {
  const auto hash = fnv1a(dataset.images, kFnvBasis);
  return dataset.labels.empty() ? hash : fnv1a(dataset.labels, hash);
}

MiniBatches::MiniBatches(const TrainingSet& dataset, std::uint64_t hash, torch::Device device)
    : images_(torch::empty({dataset.count, kImagePixels}, torch::kUInt8)), hash_(hash) {
  std::memcpy(images_.data_ptr(), dataset.images.data(), dataset.images.size());
  images_ = images_.to(device);
  if (dataset.labels.empty()) return;
  labels_ = torch::empty({dataset.count}, torch::kInt64);
  std::copy(dataset.labels.begin(), dataset.labels.end(), labels_.data_ptr<std::int64_t>());
  labels_ = labels_.to(device);
}

std::int64_t MiniBatches::steps(std::int64_t batch_size) const {
  return count() / batch_size + (count() % batch_size >= 2 ? 1 : 0);
}

torch::Tensor MiniBatches::permutation(std::uint64_t key, std::int64_t epoch, std::int64_t count) {
  const auto seed = derive_seed(key, Stream::kShuffle, static_cast<std::uint64_t>(epoch));
  return torch::randperm(count, at::make_generator<at::CPUGeneratorImpl>(seed), torch::kInt64);
}

void MiniBatches::shuffle(const torch::Tensor& permutation) { order_ = permutation.to(images_.device()); }

std::int64_t MiniBatches::size(std::int64_t index, std::int64_t batch_size) const {
  return std::min(batch_size, count() - index * batch_size);
}

}  // namespace dcgan
