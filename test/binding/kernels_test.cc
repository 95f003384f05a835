// The kernels of this processor's level against LibTorch's own operators, in each number type that they have.

#include <cmath>

#include "check.h"
#include "kernels/convolution.h"
#include "kernels/pictures.h"
#include "kernels/processor.h"

namespace {

using namespace dcgan;
using namespace dcgan::kernels;

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

template <class A>
torch::Tensor as_images(const torch::Tensor& tiles, Map map) {
  return tiles.permute({1, 2, 0}).reshape({tiles.size(1), map.channels, map.side, map.side});
}

template <class S>
void products_equal_their_specification() {
  using A = SumOf<S>;
  for (const Index k : {Index(2), Index(10), Index(64)}) {
    const Index m = 7, n = 48;
    const auto a = numbers<A>({m, k}), b = numbers<A>({k, n});
    std::vector<S> left(static_cast<std::size_t>(m * k)), right(static_cast<std::size_t>(k * n));
    for (Index i = 0; i < m * k; ++i)
      left[static_cast<std::size_t>(i)] = narrow<S>(a.template const_data_ptr<A>()[i]);
    for (Index i = 0; i < k; ++i) {
      for (Index j = 0; j < n; ++j) {
        right[static_cast<std::size_t>(packed_index<S>(i, j, n))] =
            narrow<S>(b.template const_data_ptr<A>()[i * n + j]);
      }
    }
    auto ours = numbers<A>({m, n}), plain = ours.clone();
    multiply({m, n, k, k, n}, left.data(), right.data(), ours.template data_ptr<A>(), true);
    multiply_plainly({m, n, k, k, n}, left.data(), right.data(), plain.template data_ptr<A>(), true);
    finish_products<S>();
    CHECK(close<S>(ours, plain));
  }
}

/// Forward, backward and weight gradient of a convolution against LibTorch's, for an odd number of images.
template <class S, class Reference>
void convolution_equals(Map in, Map out, Window window, bool transposed, const Reference& reference) {
  using A = SumOf<S>;
  const Index images = 5;
  const auto x = numbers<A>({images, in.channels, in.side, in.side}).requires_grad_();
  const auto weight =
      numbers<A>(transposed ? at::IntArrayRef{in.channels, out.channels, window.side, window.side}
                            : at::IntArrayRef{out.channels, in.channels, window.side, window.side})
          .requires_grad_();
  const auto y = reference(x, weight);
  const auto dy = numbers<A>(y.sizes());
  const auto expected = torch::autograd::grad({y}, {x, weight}, {dy});
  weight.mutable_grad() = torch::zeros_like(weight);

  Convolution<S> convolution(
      transposed ? transposed_taps(in, out, window) : convolution_taps(in, out, window),
      transposed ? transposed_layout(in.channels, out.channels, window.taps())
                 : convolution_layout(in.channels, out.channels, window.taps()),
      weight);
  Scratch<A> scratch;
  scratch.resize(convolution.scratch(images));
  Tiles<S> inputs, gradients;
  inputs.resize(in, images);
  gradients.resize(out, images);
  fill(inputs, x.detach());
  fill(gradients, dy);
  convolution.pack_forward();
  convolution.pack_backward();

  auto forward = torch::empty({out.pixels(), images, out.channels}, kScalar<A>);
  convolution.forward(inputs, scratch, [&](Index pixel, const A* sums) {
    std::copy_n(sums, images * out.channels, forward.template data_ptr<A>() + pixel * images * out.channels);
  });
  CHECK(close<S>(as_images<A>(forward, out), y.detach()));

  auto backward = torch::empty({in.pixels(), images, in.channels}, kScalar<A>);
  convolution.backward(gradients, scratch, [&](Index pixel, const A* sums) {
    std::copy_n(sums, images * in.channels, backward.template data_ptr<A>() + pixel * images * in.channels);
  });
  CHECK(close<S>(as_images<A>(backward, in), expected[0]));

  inputs.make_room_for_transposes();
  gradients.make_room_for_packs();
  for (Index pixel = 0; pixel < in.pixels(); ++pixel) inputs.transpose(pixel);
  for (Index pixel = 0; pixel < out.pixels(); ++pixel) gradients.pack(pixel);
  convolution.weight_gradient(inputs, gradients, scratch);
  CHECK(close<S>(weight.grad(), expected[1]));
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
    gather_patches<S>({x}, pixel, rows, patches);
    for (Index i = 0; i < images * kPatches.channels; ++i) {
      left += static_cast<double>(widen(patches.tile(pixel)[i])) *
              static_cast<double>(p.template const_data_ptr<A>()[pixel * images * kPatches.channels + i]);
    }
  }
  Buffer<A> buffer;
  const auto pictures = scatter_patches(images, buffer, [&](const auto& use) {
    for (Index pixel = 0; pixel < kPatches.pixels(); ++pixel) {
      use(pixel, p.template const_data_ptr<A>() + pixel * images * kPatches.channels);
    }
  });
  const double right = (pictures * x).sum().template item<double>();
  CHECK(std::abs(left - right) <= 1e-3 * std::max(1.0, std::abs(left)));
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

template <class S>
void all() {
  products_equal_their_specification<S>();
  convolution_equals<S>(kHidden1, kHidden2, kHalve, false, [](const auto& x, const auto& w) {
    return torch::conv2d(x, w, {}, kHalve.stride, kHalve.padding);
  });
  convolution_equals<S>(kWideMap, kTallMap, kHalve, true, [](const auto& x, const auto& w) {
    return torch::conv_transpose2d(x, w, {}, kHalve.stride, kHalve.padding);
  });
  convolution_equals<S>(kDenseMap, kWideMap, kKeep, true, [](const auto& x, const auto& w) {
    return torch::conv_transpose2d(x, w, {}, kKeep.stride, kKeep.padding);
  });
  convolution_equals<S>({8, 1}, {16, 7}, {7, 1, 0}, true,
                        [](const auto& x, const auto& w) { return torch::conv_transpose2d(x, w); });
  patches_and_pictures_are_adjoint<S>();
  leaks_and_drops_as_leaky_relu_and_its_slopes_do<S>();
}

}  // namespace

int main() {
  torch::manual_seed(1);
  std::printf("level %s\n", level_name());
  if (!run(Precision::kFloat32)) return 0;  // the plain step runs here
  all<float>();
  all<double>();
  if (run(Precision::kBFloat16)) all<BFloat16>();
  use_plain_bfloat16(true);
  all<BFloat16>();
  return failures;
}
