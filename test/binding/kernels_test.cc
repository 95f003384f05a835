// The kernels of this processor's level against LibTorch's own operators, in each number type that they have.

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "check.h"
#include "kernels/fourier_convolution.h"
#include "kernels/keep_group.h"
#include "kernels/pictures.h"
#include "kernels/processor.h"
#include "random/philox.h"
#include "training/bfloat16_products.h"
#include "training/fused/tensors.h"

namespace {

using namespace dcgan;
using namespace dcgan::kernels;

constexpr int kThreads = 3;

/// Numbers that bfloat16 holds exactly, so that products differ in the order of their sums alone.
template <class A>
torch::Tensor numbers(at::IntArrayRef shape) {
  return torch::randint(-8, 9, shape, torch::dtype(kScalar<A>)) / 16;
}

template <class S>
bool close(const torch::Tensor& ours, const torch::Tensor& theirs) {
  const double scale = std::max(1.0, theirs.abs().max().item<double>());
  // Results of bfloat16 products are sums in float32.
  const double tolerance = std::is_same_v<S, double> ? 1e-12 : 1e-5;
  return (ours - theirs).abs().max().item<double>() <= tolerance * scale;
}

/// N × C × H × W as [pixel][image][channel], rounded to S.
template <class S>
void fill(Tiles<S>& tiles, const torch::Tensor& images) {
  const auto lying = images.flatten(2).permute({2, 0, 1}).contiguous();
  const auto* from = lying.template const_data_ptr<SumOf<S>>();
  std::transform(from, from + lying.numel(), tiles.tile(0), [](SumOf<S> x) { return narrow<S>(x); });
}

template <class S>
std::vector<S> narrowed(const torch::Tensor& values) {
  std::vector<S> result(static_cast<std::size_t>(values.numel()));
  const auto* from = values.template const_data_ptr<SumOf<S>>();
  std::transform(from, from + values.numel(), result.begin(), [](SumOf<S> x) { return narrow<S>(x); });
  return result;
}

bool same_bits(const torch::Tensor& a, const torch::Tensor& b) {
  return std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.nbytes()) == 0;
}

template <class A>
torch::Tensor as_images(const torch::Tensor& tiles, Map map) {
  return tiles.permute({1, 2, 0}).reshape({tiles.size(1), map.channels, map.side, map.side});
}

/// Products of odd sizes, with rows that are further apart than they are long, and unaligned.
template <class S>
void products_equal_their_specification() {
  using A = SumOf<S>;
  constexpr Index kSizes[] = {1, 2, 3, 5, 6, 7, 11, 13, 16, 29, 48, 65};
  for (const Index m : kSizes) {
    for (const Index n : kSizes) {
      for (const Index k : {2, 10, 64}) {
        if (kPairs<S> && n % 16 != 0) continue;  // the micro-kernels' own limit
        const Index lda = k + 2 * (m % 2), ldc = n + m % 3;
        const auto a = narrowed<S>(numbers<A>({m, lda}));
        auto b = narrowed<S>(numbers<A>({k * n + 1}));
        const auto start = numbers<A>({m, ldc});
        for (const bool add : {false, true}) {
          auto ours = start.clone(), plain = start.clone();
          multiply({m, n, k, lda, ldc}, a.data(), b.data() + 1, ours.template data_ptr<A>(), add);
          multiply_plainly({m, n, k, lda, ldc}, a.data(), b.data() + 1, plain.template data_ptr<A>(), add);
          finish_products<S>();
          CHECK(close<S>(ours, plain));
          CHECK(same_bits(ours.slice(1, n).contiguous(), start.slice(1, n).contiguous()));
          if constexpr (!kPairs<S>) {  // a transposed left operand gives the same bits
            const auto straight = numbers<A>({m, k}), transposed = straight.t().contiguous();
            auto one = start.clone(), other = start.clone();
            multiply({m, n, k, k, ldc}, straight.template const_data_ptr<A>(), b.data() + 1,
                     one.template data_ptr<A>(), add);
            multiply({m, n, k, 1, ldc, m}, transposed.template const_data_ptr<A>(), b.data() + 1,
                     other.template data_ptr<A>(), add);
            CHECK(same_bits(one, other));
          }
        }
      }
    }
  }
}

/// Each row of a product has the same bits alone and among others, also where rounding depends on the order.
void a_row_of_a_product_depends_on_that_row_alone() {
  for (const Index n : {Index(16), Index(37), Index(64), Index(256)}) {
    const Index m = 29, k = 100;
    const auto a = torch::randn({m, k}), b = torch::randn({k, n}), start = torch::randn({m, n});
    auto together = start.clone();
    multiply({m, n, k, k, n}, a.const_data_ptr<float>(), b.const_data_ptr<float>(),
             together.data_ptr<float>(), true);
    for (Index first = 0; first < m; ++first) {
      for (const Index rows : {1, 2, 3, 4, 5, 6, 7, 9}) {
        if (first + rows > m) continue;
        auto some = start.slice(0, first, first + rows).clone();
        multiply({rows, n, k, k, n}, a.const_data_ptr<float>() + first * k, b.const_data_ptr<float>(),
                 some.data_ptr<float>(), true);
        CHECK(same_bits(some, together.slice(0, first, first + rows).clone()));
      }
    }
  }
}

/// The products of some pixels, at even and at uneven distances, are those of each pixel.
template <class S>
void products_of_pixels_are_those_of_each_pixel() {
  using A = SumOf<S>;
  const std::vector<Pair> pairs{{0, 1}, {1, 3}, {2, 5}, {4, 6}, {5, 7}, {6, 8}, {8, 11}};
  const Index n = 64, k = 32, pixels = 12;
  for (const Index images : {1, 2, 3, 8}) {
    const auto a = narrowed<S>(numbers<A>({pixels * images, k})), b = narrowed<S>(numbers<A>({k, n}));
    const auto start = numbers<A>({pixels * images, n});
    for (Index count = 0; count <= static_cast<Index>(pairs.size()); ++count) {
      auto together = start.clone(), each = start.clone();
      add_pixels<S>({pairs.data(), count, images, n, k}, a.data(), b.data(), together.template data_ptr<A>());
      for (Index i = 0; i < count; ++i) {
        const auto [from, to] = pairs[static_cast<std::size_t>(i)];
        multiply_plainly({images, n, k, k, n}, a.data() + from * images * k, b.data(),
                         each.template data_ptr<A>() + to * images * n, true);
      }
      finish_products<S>();
      CHECK(close<S>(together, each));
    }
  }
}

template <class S>
void transposes_equal_their_definition() {
  using A = SumOf<S>;
  for (const Index rows : {1, 3, 8, 21, 64}) {
    for (const Index columns : {1, 5, 16, 25, 100}) {
      const Index ldx = columns + 3, ld = rows + 2;
      const auto x = narrowed<S>(numbers<A>({rows * ldx}));
      std::vector<S> out(static_cast<std::size_t>(columns * ld), narrow<S>(A(9)));
      elementwise<S>().transpose(x.data(), ldx, {rows, columns}, out.data(), ld);
      for (Index c = 0; c < columns; ++c) {
        for (Index n = 0; n < ld; ++n) {
          const auto value = widen(out[static_cast<std::size_t>(c * ld + n)]);
          CHECK(value == (n < rows ? widen(x[static_cast<std::size_t>(n * ldx + c)]) : A(9)));
        }
      }
    }
  }
}

/// Whichever axis of the parameter is contiguous.
template <class S>
void packed_kernels_have_each_element_at_its_place() {
  using A = SumOf<S>;
  for (const KernelLayout& layout :
       {convolution_layout(6, 10, 16), transposed_layout(6, 10, 25), dense_layout(6, {10, 3}),
        convolution_layout(16, 6, 1), transposed_layout(6, 16, 1), convolution_layout(1, 12, 9)}) {
    const auto& [in, out, taps] = layout;
    const auto weight = numbers<A>({in.count * out.count * taps.count});
    auto gradient = torch::zeros_like(weight);
    const auto* values = weight.template const_data_ptr<A>();
    PackedKernel<S> kernel(layout);
    kernel.pack_in_by_out(values);
    kernel.pack_out_by_in(values);
    std::vector<A> sums(static_cast<std::size_t>(taps.count * padded<S>(in.count) * out.count));
    for (Index tap = 0; tap < taps.count; ++tap) {
      for (Index i = 0; i < in.count; ++i) {
        for (Index o = 0; o < out.count; ++o) {
          const A value = values[tap * taps.stride + i * in.stride + o * out.stride];
          const auto forward = kernel.in_by_out(), backward = kernel.out_by_in();
          CHECK(widen(forward.data[tap * forward.stride + packed_index<S>(i, o, out.count)]) == value);
          CHECK(widen(backward.data[tap * backward.stride + packed_index<S>(o, i, in.count)]) == value);
          sums[static_cast<std::size_t>((tap * padded<S>(in.count) + i) * out.count + o)] = value;
        }
      }
    }
    unpack_gradient<S>(sums.data(), 1, layout, gradient.template data_ptr<A>());
    CHECK(same_bits(gradient, weight));
  }
}

void masks_are_the_words_of_philox() {
  const MaskGroup group{0x0123456789ABCDEFu, (std::uint64_t{3} << 32) | 5, 1, 4, 77, 19661};
  for (const std::uint32_t threshold : {0u, 1u, 19661u, 65535u, 65536u}) {
    MaskGroup own = group;
    own.threshold = threshold;
    std::uint8_t keep[kMaskGroup];
    keep_group()(own, keep);
    for (std::uint32_t block = 0; block < kMaskBlocks; ++block) {
      const auto words = philox(
          group.key, {group.number * kMaskBlocks + block, static_cast<std::uint32_t>(group.pass),
                      static_cast<std::uint32_t>(group.pass >> 32) ^ (group.layer << 24), group.stream});
      for (std::size_t half = 0; half < 8; ++half) {
        const auto bits = half % 2 == 0 ? words[half / 2] & 0xFFFFu : words[half / 2] >> 16;
        CHECK(keep[half * kMaskBlocks + block] == (bits >= threshold ? 1 : 0));
      }
    }
  }
}

/// Forward, backward and weight gradient of a convolution against LibTorch's, for an odd number of images.
/// `make(parameter)` makes the convolution.
template <class S, class Make, class Reference>
void convolution_equals(Map in, Map out, torch::Tensor weight, const Make& make, const Reference& reference) {
  using A = SumOf<S>;
  const Index images = 5;
  const auto x = numbers<A>({images, in.channels, in.side, in.side}).requires_grad_();
  weight.requires_grad_();
  const auto y = reference(x, weight);
  const auto dy = numbers<A>(y.sizes());
  const auto expected = torch::autograd::grad({y}, {x, weight}, {dy});
  weight.mutable_grad() = torch::zeros_like(weight);

  auto convolution = make(parameter<A>(weight));
  Scratch<A> scratch;
  scratch.resize(convolution.scratch(images));
  Tiles<S> inputs, gradients;
  inputs.resize(in, images);
  gradients.resize(out, images);
  fill(inputs, x.detach());
  fill(gradients, dy);
  inputs.make_room_for_transposes();
  gradients.make_room_for_packs();
  for (Index pixel = 0; pixel < in.pixels(); ++pixel) inputs.transpose(pixel);
  for (Index pixel = 0; pixel < out.pixels(); ++pixel) gradients.pack(pixel);

  convolution.pack_forward();
  auto forward = torch::empty({out.pixels(), images, out.channels}, kScalar<A>);
  convolution.forward(inputs, scratch, [&](Index pixel, const A* sums) {
    std::copy_n(sums, images * out.channels, forward.template data_ptr<A>() + pixel * images * out.channels);
  });
  CHECK(close<S>(as_images<A>(forward, out), y.detach()));

  convolution.pack_backward();
  convolution.weight_gradient(inputs, gradients, scratch);
  CHECK(close<S>(weight.grad(), expected[1]));

  auto backward = torch::empty({in.pixels(), images, in.channels}, kScalar<A>);
  convolution.backward(gradients, scratch, [&](Index pixel, const A* sums) {
    std::copy_n(sums, images * in.channels, backward.template data_ptr<A>() + pixel * images * in.channels);
  });
  CHECK(close<S>(as_images<A>(backward, in), expected[0]));
}

template <class S>
void convolutions_equal_those_of_libtorch() {
  using A = SumOf<S>;
  const auto down = [](Map in, Map out, Window window) {
    convolution_equals<S>(
        in, out, numbers<A>({out.channels, in.channels, window.side, window.side}),
        [&](Parameter<A> weight) {
          return Convolution<S>(convolution_taps(in, out, window),
                                convolution_layout(in.channels, out.channels, window.taps()), weight);
        },
        [&](const auto& x, const auto& w) { return torch::conv2d(x, w, {}, window.stride, window.padding); });
  };
  const auto up_by = [](Map in, Map out, Window window, const auto& make) {
    convolution_equals<S>(in, out, numbers<A>({in.channels, out.channels, window.side, window.side}), make,
                          [&](const auto& x, const auto& w) {
                            return torch::conv_transpose2d(x, w, {}, window.stride, window.padding);
                          });
  };
  const auto up = [&](Map in, Map out, Window window) {
    up_by(in, out, window, [&](Parameter<A> weight) {
      return Convolution<S>(transposed_taps(in, out, window),
                            transposed_layout(in.channels, out.channels, window.taps()), weight);
    });
  };
  down(kHidden1, kHidden2, kHalve);
  up(kWideMap, kTallMap, kHalve);
  up(kDenseMap, kWideMap, kKeep);
  up({8, 1}, {16, 7}, {7, 1, 0});
  if constexpr (!kPairs<S>) {
    const auto fourier = [&](Map in, Map out, Window window) {
      up_by(in, out, window,
            [&](Parameter<A> weight) { return FourierConvolution<A>(in, out, window, weight); });
    };
    fourier(kDenseMap, kWideMap, kKeep);
    fourier({3, 6}, {5, 6}, {5, 1, 2});  // an even period has four real coefficients
    fourier({2, 4}, {3, 4}, {3, 1, 1});
  }
}

/// ⟨patches of x, p⟩ = ⟨x, the pictures that p adds up to⟩.
template <class S>
void patches_and_pictures_are_adjoint() {
  using A = SumOf<S>;
  const Index images = 3;
  const auto x = numbers<A>({kImage.pixels(), images});
  const auto p = numbers<A>({kPatches.pixels(), images, kPatches.channels});
  Scratch<S> rows;
  rows.resize(kPatches.channels * images);
  Tiles<S> patches;
  patches.resize(kPatches, images);
  double left = 0;
  for (Index pixel = 0; pixel < kPatches.pixels(); ++pixel) {
    gather_patches<S>(pictures_of<A>({x}), pixel, rows, patches);
    for (Index i = 0; i < images * kPatches.channels; ++i) {
      left += static_cast<double>(widen(patches.tile(pixel)[i])) *
              static_cast<double>(p.template const_data_ptr<A>()[pixel * images * kPatches.channels + i]);
    }
  }
  Buffer<A> buffer;
  auto pictures = torch::empty_like(x);
  scatter_patches(
      images, buffer, pictures.template data_ptr<A>(),
      [&](const auto& use) {
        for (Index pixel = 0; pixel < kPatches.pixels(); ++pixel) {
          use(pixel, p.template const_data_ptr<A>() + pixel * images * kPatches.channels);
        }
      },
      [](A*, Index) {});
  const double right = (pictures * x).sum().template item<double>();
  CHECK(std::abs(left - right) <= 1e-3 * std::max(1.0, std::abs(left)));
}

template <class A>
void a_whole_picture_is_the_sum_of_its_patches() {
  const auto parts = numbers<A>({kPatches.values()});
  auto whole = torch::empty({kImage.pixels()}, kScalar<A>), each = whole.clone();
  elementwise<A>().sum_patches(parts.template const_data_ptr<A>(), whole.template data_ptr<A>());
  for (Index pixel = 0; pixel < kImage.pixels(); ++pixel) {
    elementwise<A>().patch_adjoint(parts.template const_data_ptr<A>(), 1, pixel,
                                   each.template data_ptr<A>() + pixel);
  }
  CHECK(close<A>(whole, each));
}

template <class S>
void leaks_and_drops_as_leaky_relu_and_its_slopes_do() {
  using A = SumOf<S>;
  const TileSize size{5, 64};
  const auto sums = numbers<A>({size.rows, size.columns}), bias = numbers<A>({size.columns});
  const auto keep = torch::randint(0, 2, {size.rows, size.columns}, torch::kUInt8);
  auto code = keep.clone();
  std::vector<S> out(static_cast<std::size_t>(sums.numel()));
  elementwise<S>().leak_and_drop(sums.template const_data_ptr<A>(), bias.template const_data_ptr<A>(), size,
                                 {code.data_ptr<std::uint8_t>(), A(2)}, out.data());
  const auto expected = torch::leaky_relu(sums + bias, 0.2) * keep * 2;
  for (Index i = 0; i < sums.numel(); ++i) {
    const double value = static_cast<double>(expected.flatten()[i].template item<A>());
    CHECK(std::abs(static_cast<double>(widen(out[static_cast<std::size_t>(i)])) - value) <=
          0.005 * std::abs(value));
  }
  CHECK(code.eq((sums + bias).gt(0).to(torch::kUInt8).add(1) * keep).all().template item<bool>());
}

template <class A>
void tanh_is_that_of_libtorch() {
  const auto x = torch::cat({torch::linspace(-30, 30, 60001), torch::logspace(-30, 0, 1001),
                             torch::tensor({0.0, -0.0, double(INFINITY), -double(INFINITY)})})
                     .to(kScalar<A>);
  auto ours = x.clone();
  elementwise<A>().tanh(ours.template data_ptr<A>(), ours.numel());
  const auto expected = torch::tanh(x.to(torch::kFloat64));
  const double tolerance = std::is_same_v<A, double> ? 1e-15 : 3e-7;
  CHECK(
      (ours.to(torch::kFloat64) - expected).abs().le(expected.abs() * tolerance).all().template item<bool>());
  auto nan = torch::full({1}, NAN, kScalar<A>);
  elementwise<A>().tanh(nan.template data_ptr<A>(), 1);
  CHECK(nan.isnan().template item<bool>());
}

void loops_use_the_threads_of_their_team_and_no_others() {
  std::vector<std::atomic<int>> calls(1000);
  std::atomic<int> most = 0;
  each(1000, [&](Index i) {
    ++calls[static_cast<std::size_t>(i)];
    for (int seen = most; seen < thread_number() && !most.compare_exchange_weak(seen, thread_number());) {
    }
    each(2, [](Index) {});  // a loop in a loop
  });
  CHECK(std::all_of(calls.begin(), calls.end(), [](int count) { return count == 1; }));
  CHECK(most < kThreads);
  Index covered = 0;
  std::mutex mutex;
  each_range(100, [&](Index begin, Index end) {
    const std::lock_guard lock(mutex);
    covered += end - begin;
  });
  CHECK(covered == 100);
}

/// Many short jobs, with more threads than processors: a thread may come too late for a job, or never.
void a_team_survives_many_short_jobs() {
  Team team(4 * static_cast<int>(std::thread::hardware_concurrency()));
  const TeamScope scope(team);
  for (int round = 0; round < 20000; ++round) {
    std::atomic<Index> sum = 0;
    each(5, [&](Index i) { sum += i; });
    CHECK(sum == 10);
    if (round % 1000 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));  // all fall asleep
  }
}

void a_failure_in_a_job_reaches_the_caller() {
  for (int round = 0; round < 100; ++round) {
    bool thrown = false;
    try {
      each(100, [](Index i) {
        if (i % 10 == 9) throw std::runtime_error("of a job");
      });
    } catch (const std::exception& error) {
      thrown = std::string(error.what()) == "of a job";
    }
    CHECK(thrown);
    each(100, [](Index) {});  // the team still works
  }
}

template <class S>
void all() {
  products_equal_their_specification<S>();
  products_of_pixels_are_those_of_each_pixel<S>();
  transposes_equal_their_definition<S>();
  packed_kernels_have_each_element_at_its_place<S>();
  a_whole_picture_is_the_sum_of_its_patches<SumOf<S>>();
  tanh_is_that_of_libtorch<SumOf<S>>();
  convolutions_equal_those_of_libtorch<S>();
  patches_and_pictures_are_adjoint<S>();
  leaks_and_drops_as_leaky_relu_and_its_slopes_do<S>();
}

}  // namespace

int main() {
  torch::manual_seed(1);
  std::printf("level %s\n", level_name());
  a_team_survives_many_short_jobs();
  Team team(kThreads);
  const TeamScope scope(team);
  loops_use_the_threads_of_their_team_and_no_others();
  a_failure_in_a_job_reaches_the_caller();
  a_row_of_a_product_depends_on_that_row_alone();
  masks_are_the_words_of_philox();
  all<float>();
  all<double>();
  if (bfloat16_products_run()) all<BFloat16>();
  use_plain_bfloat16(true);
  all<BFloat16>();
  return failures;
}
