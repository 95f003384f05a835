#include "training/fused/discriminator_pass.h"

#include <algorithm>

#include "training/fused/pictures.h"

namespace dcgan::fused {

template <class S>
DiscriminatorPass<S>::DiscriminatorPass(Discriminator& discriminator, Dropout& dropout)
    : discriminator_(discriminator), dropout_(dropout) {}

template <class S>
void DiscriminatorPass<S>::resize(Index images, bool learning) {
  images_ = images;
  patches_.resize(196, images, 16);
  a1_.resize(196, images, 64);
  d1_.resize(196, images, 64);
  a2_.resize(49, images, 128);
  d2_.resize(49, images, 128);
  if (learning) {
    for (auto* tiles : {&patches_, &a1_}) tiles->make_room_for_transposes();
    for (auto* tiles : {&d1_, &d2_}) tiles->make_room_for_packs();
  }
  code1_.get(196 * images * 64);
  code2_.get(49 * images * 128);
  keep_.get(128 * images * at::get_num_threads());
  rows_.get(16 * images * at::get_num_threads());
  linear_.get(49 * 128);
  logit_parts_.get(49 * images);
  logit_gradients_.get(images);
  linear_gradients_.get(49 * 128);
  bias_parts_.get(196 * 64);
  kernel_sums_.get(16 * 128 * 64);
  scratch_.resize(std::max(images * 128, Index(128) * 64));
}

template <class S>
std::vector<double> DiscriminatorPass<S>::forward(const std::vector<torch::Tensor>& halves, bool learning) {
  torch::NoGradGuard no_grad;
  const Index half = halves[0].size(1);
  const Index images = half * static_cast<Index>(halves.size());
  resize(images, learning);
  const A scale = static_cast<A>(dropout_.scale());
  const auto keep_of = [&](std::uint32_t layer, Index pixel, Index count) -> const std::uint8_t* {
    if (dropout_.probability == 0) return nullptr;
    auto* keep = keep_.data() + at::get_thread_num() * 128 * images;
    keep_tile(dropout_, layer, pixel, count, keep);
    return keep;
  };

  kernel1_.pack(discriminator_->conv1->weight, 64, 16, 1);
  kernel2_.pack(discriminator_->conv2->weight, 128, 64, 16);
  const auto* weight = discriminator_->linear->weight.template const_data_ptr<A>();
  for (Index c = 0; c < 128; ++c) {
    for (Index pixel = 0; pixel < 49; ++pixel) linear_.data()[pixel * 128 + c] = weight[c * 49 + pixel];
  }

  each(196, [&](Index pixel) {
    S* rows = rows_.data() + at::get_thread_num() * 16 * images;
    for (std::size_t h = 0; h < halves.size(); ++h) {
      Elementwise<S>::patch(halves[h].template const_data_ptr<A>(), half, pixel / 14, pixel % 14,
                            rows + static_cast<Index>(h) * half, images);
    }
    Elementwise<S>::transpose(rows, 16, images, patches_.tile(pixel), 16);
    if (learning) patches_.transpose(pixel);
  });
  const auto* bias1 = discriminator_->conv1->bias.template const_data_ptr<A>();
  sum_products<S>(pixelwise_, images, 64, 16, patches_.planes(), kernel1_.second_by_first(), scratch_.data(),
                  scratch_.stride(), [&](Index pixel, const A* sums) {
                    Elementwise<S>::leak_and_drop(sums, bias1, keep_of(0, pixel, images * 64), scale, images,
                                                  64, a1_.tile(pixel), code1_.data() + pixel * images * 64);
                    if (learning) a1_.transpose(pixel);
                  });
  const auto* bias2 = discriminator_->conv2->bias.template const_data_ptr<A>();
  sum_products<S>(taps2_.forward, images, 128, 64, a1_.planes(), kernel2_.second_by_first(), scratch_.data(),
                  scratch_.stride(), [&](Index pixel, const A* sums) {
                    Elementwise<S>::leak_and_drop(sums, bias2, keep_of(1, pixel, images * 128), scale, images,
                                                  128, a2_.tile(pixel), code2_.data() + pixel * images * 128);
                    Elementwise<S>::row_products(a2_.tile(pixel), images, 128, linear_.data() + pixel * 128,
                                                 logit_parts_.data() + pixel * images);
                  });
  ++dropout_.pass;

  std::vector<double> logits(static_cast<std::size_t>(images),
                             static_cast<double>(*discriminator_->linear->bias.template const_data_ptr<A>()));
  for (Index pixel = 0; pixel < 49; ++pixel) {
    for (Index n = 0; n < images; ++n) {
      logits[static_cast<std::size_t>(n)] += static_cast<double>(logit_parts_.data()[pixel * images + n]);
    }
  }
  return logits;
}

/// Back to the second hidden layer: d2_, and partial sums of its bias gradient.
template <class S>
void DiscriminatorPass<S>::second_gradients(const std::vector<double>& logit_gradients) {
  const Index images = images_;
  const A scale = static_cast<A>(dropout_.scale());
  for (Index n = 0; n < images; ++n) {
    logit_gradients_.data()[n] = static_cast<A>(logit_gradients[static_cast<std::size_t>(n)]);
  }
  each(49, [&](Index pixel) {
    A* grad = scratch_.of_this_thread();
    Elementwise<S>::outer_product(logit_gradients_.data(), linear_.data() + pixel * 128, images, 128, grad);
    Elementwise<S>::leak_and_drop_backward(grad, code2_.data() + pixel * images * 128, scale, images, 128,
                                           d2_.tile(pixel), bias_parts_.data() + pixel * 128);
  });
}

/// From d2_ back to d1_.
template <class S>
void DiscriminatorPass<S>::first_gradients(bool learning) {
  const A scale = static_cast<A>(dropout_.scale());
  sum_products<S>(taps2_.backward, images_, 64, 128, d2_.planes(), kernel2_.first_by_second(),
                  scratch_.data(), scratch_.stride(), [&](Index pixel, const A* sums) {
                    Elementwise<S>::leak_and_drop_backward(sums, code1_.data() + pixel * images_ * 64, scale,
                                                           images_, 64, d1_.tile(pixel),
                                                           bias_parts_.data() + pixel * 64);
                    if (learning) d1_.pack(pixel);
                  });
}

template <class S>
void DiscriminatorPass<S>::parameter_gradients(const std::vector<double>& logit_gradients) {
  torch::NoGradGuard no_grad;
  const Index images = images_;
  second_gradients(logit_gradients);
  auto& nets = *discriminator_;
  sum_parts(bias_parts_.data(), 49, 128, nets.conv2->bias.grad().template data_ptr<A>());
  double bias = 0;
  for (const double gradient : logit_gradients) bias += gradient;
  *nets.linear->bias.grad().template data_ptr<A>() = static_cast<A>(bias);
  auto* linear_gradient = nets.linear->weight.grad().template data_ptr<A>();
  each(49, [&](Index pixel) {
    A* sums = linear_gradients_.data() + pixel * 128;
    Elementwise<S>::column_products(a2_.tile(pixel), images, 128, logit_gradients_.data(), sums);
    for (Index c = 0; c < 128; ++c) linear_gradient[c * 49 + pixel] = sums[c];
    d2_.pack(pixel);
  });

  sum_products<S>(
      taps2_.weight, 64, 128, a1_.inner(), a1_.transposes(), d2_.packs(), scratch_.data(), scratch_.stride(),
      [&](Index tap, const A* sums) { std::copy_n(sums, 64 * 128, kernel_sums_.data() + tap * 64 * 128); });
  unpack_kernel(kernel_sums_.data(), 64, 128, 16, true, nets.conv2->weight.grad());

  first_gradients(/*learning=*/true);
  sum_parts(bias_parts_.data(), 196, 64, nets.conv1->bias.grad().template data_ptr<A>());
  sum_products<S>(pixel_sums_, 16, 64, patches_.inner(), patches_.transposes(), d1_.packs(), scratch_.data(),
                  scratch_.stride(), [&](Index group, const A* sums) {
                    std::copy_n(sums, 16 * 64, kernel_sums_.data() + group * 16 * 64);
                  });
  auto* conv1_gradient = nets.conv1->weight.grad().template data_ptr<A>();
  for (Index tap = 0; tap < 16; ++tap) {
    for (Index c = 0; c < 64; ++c) {
      A sum = 0;
      for (Index group = 0; group < 14; ++group) sum += kernel_sums_.data()[(group * 16 + tap) * 64 + c];
      conv1_gradient[c * 16 + tap] = sum;
    }
  }
}

template <class S>
torch::Tensor DiscriminatorPass<S>::image_gradients(const std::vector<double>& logit_gradients) {
  torch::NoGradGuard no_grad;
  second_gradients(logit_gradients);
  first_gradients(/*learning=*/false);
  return spread_to_pictures<S>(d1_.planes(), kernel1_.first_by_second(), images_, parts_, scratch_);
}

template <class S>
DropoutMasks DiscriminatorPass<S>::masks() const {
  const auto mask = [&](const std::uint8_t* code, Index side, Index channels) {
    auto* bytes = const_cast<std::uint8_t*>(code);  // from_blob wants it; it is only read
    return torch::from_blob(bytes, {side * side, images_, channels}, torch::kUInt8)
        .ne(0)
        .permute({1, 2, 0})
        .reshape({images_, channels, side, side})
        .to(kScalar<A>)
        .mul_(dropout_.scale());
  };
  return {mask(code1_.data(), 14, 64), mask(code2_.data(), 7, 128)};
}

template class DiscriminatorPass<float>;
template class DiscriminatorPass<double>;
template class DiscriminatorPass<BFloat16>;

}  // namespace dcgan::fused
