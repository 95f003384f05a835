// Compares the product of kernels/product.cc with LibTorch's micro-kernel at this processor's level, on one
// thread, in the shapes of the training step and the sampler. The two take turns. Each works on 32 planes of
// operands, so that these come from the third-level cache, as they do in the step.

#include "kernels/products.h"

#include <ATen/native/CPUBlas.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "kernels/buffer.h"
#include "kernels/processor.h"

namespace {

using dcgan::kernels::Buffer;
using dcgan::kernels::Index;
using dcgan::kernels::ProductSize;

constexpr Index kPlanes = 32;
constexpr int kRounds = 41;
constexpr double kRoundFlops = 1e8;

/// The transposed left operand of a weight's gradient is measured against a straight one, as LibTorch needs
/// it.
struct Shape {
  const char* use;
  Index m;
  Index n;
  Index k;
  bool transposed = false;
};

constexpr Shape kShapes[] = {
    {"5 × 5 layer", 128, 128, 256},
    {"5 × 5 layer, gradient of the input", 128, 256, 128},
    {"5 × 5 layer, gradient of the weights", 256, 128, 128, true},
    {"second layer of the discriminator", 256, 128, 64},
    {"second layer of the discriminator, gradient of the input", 256, 64, 128},
    {"second layer of the discriminator, gradient of the weights", 64, 128, 256, true},
    {"third layer of the generator", 128, 64, 128},
    {"dense layer", 128, 256, 100},
    {"first layer of the discriminator", 256, 64, 16},
    {"last layer of the generator", 128, 16, 64},
    {"transform of the 5 × 5 layer", 121, 256, 49},
    {"5 × 5 layer of one digit", 1, 128, 256},
    {"third layer of the generator, one row of a digit", 7, 64, 128},
    {"dense layer of one digit", 1, 256, 100},
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

template <class Call>
double seconds(const Call& call) {
  const auto begin = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void fill(float* values, Index count) {
  for (Index i = 0; i < count; ++i) values[i] = static_cast<float>(i % 17 - 8) / 16;
}

void measure(const Shape& shape) {
  const auto [use, m, n, k, transposed] = shape;
  Buffer<float> left, right, sums;
  fill(left.get(kPlanes * m * k), kPlanes * m * k);
  fill(right.get(kPlanes * k * n), kPlanes * k * n);
  sums.get(m * n);
  const double flops = 2.0 * static_cast<double>(m * n * k * kPlanes);
  const int repeats = std::max(1, static_cast<int>(kRoundFlops / flops));
  const auto all = [&](const auto& product) {
    for (int repeat = 0; repeat < repeats; ++repeat) {
      for (Index p = 0; p < kPlanes; ++p) {
        product(left.data() + p * m * k, right.data() + p * k * n, p > 0);
      }
    }
  };
  const ProductSize size = transposed ? ProductSize{m, n, k, 1, n, m} : ProductSize{m, n, k, k, n};
  const auto ours = [&] {
    all([&](const float* a, const float* b, bool add) {
      dcgan::kernels::multiply(size, a, b, sums.data(), add);
    });
  };
  const auto theirs = [&] {
    all([&](const float* a, const float* b, bool add) {
      at::native::cpublas::brgemm(m, n, k, k, n, n, add, a, b, sums.data(), /*is_vnni=*/false);
    });
  };
  ours();
  theirs();
  std::vector<double> own, others, ratios;
  for (int round = 0; round < kRounds; ++round) {
    own.push_back(seconds(ours));
    others.push_back(seconds(theirs));
    ratios.push_back(own.back() / others.back());
  }
  const double work = flops * repeats / 1e9;
  std::printf("| %s | %ld × %ld × %ld | %.0f | %.0f | %.2f |\n", use, static_cast<long>(m),
              static_cast<long>(n), static_cast<long>(k), work / median(own), work / median(others),
              median(ratios));
}

}  // namespace

int main() {
  std::printf(
      "\n| %s: product of | rows × columns × inner length | ours, GFLOP/s | LibTorch, GFLOP/s | time ratio "
      "|\n",
      dcgan::kernels::level_name());
  std::printf("|---|---|---:|---:|---:|\n");
  for (const auto& shape : kShapes) measure(shape);
}
