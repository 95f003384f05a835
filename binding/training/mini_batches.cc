#include "training/mini_batches.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cstring>

#include "contract.h"
#include "random/philox.h"

namespace dcgan {

static std::uint64_t fnv1a(const std::vector<std::uint8_t>& bytes) {
  constexpr std::uint64_t prime = 0x100000001B3ull;
  std::uint64_t hash = 0xCBF29CE484222325ull ^ bytes.size();
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {  // eight bytes at a time: an image is 98 such words
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + i, 8);
    hash = (hash ^ word) * prime;
  }
  for (; i < bytes.size(); ++i) hash = (hash ^ bytes[i]) * prime;
  return hash;
}

MiniBatches::MiniBatches(const std::vector<std::uint8_t>& images, std::int64_t count, torch::Device device)
    : images_(torch::empty({count, kImagePixels}, torch::kUInt8)), hash_(fnv1a(images)) {
  std::memcpy(images_.data_ptr(), images.data(), images.size());
  images_ = images_.to(device);
}

std::int64_t MiniBatches::steps(std::int64_t batch_size) const {
  return count() / batch_size + (count() % batch_size >= 2 ? 1 : 0);
}

torch::Tensor MiniBatches::permutation(std::uint64_t key, std::int64_t epoch, std::int64_t count) {
  const auto seed = derive_seed(key, Stream::kShuffle, static_cast<std::uint64_t>(epoch));
  return torch::randperm(count, at::make_generator<at::CPUGeneratorImpl>(seed), torch::kInt64);
}

void MiniBatches::shuffle(const torch::Tensor& permutation) { order_ = permutation.to(images_.device()); }

torch::Tensor MiniBatches::batch(std::int64_t index, std::int64_t batch_size) const {
  const auto begin = index * batch_size;
  return images_.index_select(0, order_.slice(0, begin, std::min(begin + batch_size, count())));
}

}  // namespace dcgan
