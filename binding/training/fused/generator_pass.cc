#include "training/fused/generator_pass.h"

#include <algorithm>

#include "training/fused/pictures.h"

namespace dcgan::fused {

template <class S>
GeneratorPass<S>::GeneratorPass(Generator& generator)
    : generator_(generator), latent_dim_(generator->linear->options.in_features()) {
  for (auto* norm : {&norm1_, &norm2_, &norm3_}) norm->resize();
}

template <class S>
void GeneratorPass<S>::resize(Index images) {
  images_ = images;
  const Index latent = even(latent_dim_);
  latents_.resize(1, images, latent);
  latents_.make_room_for_transposes();
  for (auto* tiles : {&y1_, &a1_, &d1_}) tiles->resize(49, images, 256);
  for (auto* tiles : {&y2_, &a2_, &d2_}) tiles->resize(49, images, 128);
  for (auto* tiles : {&y3_, &a3_, &d3_}) tiles->resize(196, images, 64);
  patches_.resize(196, images, 16);
  for (auto* tiles : {&a1_, &a2_, &a3_}) tiles->make_room_for_transposes();
  for (auto* tiles : {&d1_, &d2_, &d3_, &patches_}) tiles->make_room_for_packs();
  dense_kernel_.get(49 * latent * 256);
  kernel_sums_.get(25 * 256 * 128);
  rows_.get(16 * images * at::get_num_threads());
  scratch_.resize(std::max({images * 256, latent * 256, Index(256) * 128}));
}

/// A transposed convolution, batch normalisation and ReLU.
template <class S>
void GeneratorPass<S>::up(const Groups& groups, Index inner, const Tiles<S>& in, Planes<S> kernel,
                          Tiles<S>& y, Index pixels, Index channels, Normalisation<A>& norm,
                          torch::nn::BatchNorm2d& module, Tiles<S>& activation) {
  sum_products<S>(groups, images_, channels, inner, in.planes(), kernel, scratch_.data(), scratch_.stride(),
                  [&](Index pixel, const A* sums) {
                    Elementwise<S>::round(sums, images_ * channels, y.tile(pixel));
                    Elementwise<S>::column_stats(y.tile(pixel), images_, channels, norm.first(pixel),
                                                 norm.second(pixel));
                  });
  norm.finish_forward(module, images_, 0);
  each(pixels, [&](Index pixel) {
    Elementwise<S>::normalise(y.tile(pixel), images_, channels, norm.scale(0), norm.shift(0),
                              activation.tile(pixel));
    activation.transpose(pixel);
  });
}

template <class S>
torch::Tensor GeneratorPass<S>::forward(const torch::Tensor& latents) {
  torch::NoGradGuard no_grad;
  const Index images = latents.size(0);
  resize(images);
  const Index latent = even(latent_dim_);
  const auto* from = latents.template const_data_ptr<float>();
  for (Index n = 0; n < images; ++n) {
    S* to = latents_.tile(0) + n * latent;
    for (Index k = 0; k < latent_dim_; ++k) to[k] = narrow<S>(static_cast<A>(from[n * latent_dim_ + k]));
    if (latent > latent_dim_) to[latent_dim_] = S{};
  }
  latents_.transpose(0);
  pack_dense<S>(generator_->linear->weight, latent_dim_, dense_kernel_.data());
  kernel1_.pack(generator_->conv1->weight, 256, 128, 25);
  kernel2_.pack(generator_->conv2->weight, 128, 64, 16);
  kernel3_.pack(generator_->conv3->weight, 64, 16, 1);

  sum_products<S>(dense_, images, 256, latent, {latents_.tile(0), 0}, {dense_kernel_.data(), latent * 256},
                  scratch_.data(), scratch_.stride(), [&](Index pixel, const A* sums) {
                    Elementwise<S>::round(sums, images * 256, y1_.tile(pixel));
                    Elementwise<S>::column_stats(y1_.tile(pixel), images, 256, norm1_.first(pixel),
                                                 norm1_.second(pixel));
                    norm1_.finish_forward(generator_->bn1, images, pixel);
                    Elementwise<S>::normalise(y1_.tile(pixel), images, 256, norm1_.scale(pixel),
                                              norm1_.shift(pixel), a1_.tile(pixel));
                    a1_.transpose(pixel);
                  });
  up(taps1_.forward, 256, a1_, kernel1_.first_by_second(), y2_, 49, 128, norm2_, generator_->bn2, a2_);
  up(taps2_.forward, 128, a2_, kernel2_.first_by_second(), y3_, 196, 64, norm3_, generator_->bn3, a3_);
  for (auto* count : {&generator_->bn1->num_batches_tracked, &generator_->bn2->num_batches_tracked,
                      &generator_->bn3->num_batches_tracked}) {
    count->add_(1);
  }

  return spread_to_pictures<S>(a3_.planes(), kernel3_.first_by_second(), images, parts_, scratch_).tanh_();
}

/// The backward of a ReLU, batch normalisation and what lies before it.
template <class S>
void GeneratorPass<S>::down(const Groups& groups, Index inner, const Tiles<S>& gradient, Planes<S> kernel,
                            const Tiles<S>& y, Index pixels, Index channels, Normalisation<A>& norm,
                            torch::nn::BatchNorm2d& module, const Tiles<S>& activation, Tiles<S>& result) {
  sum_products<S>(groups, images_, channels, inner, gradient.planes(), kernel, scratch_.data(),
                  scratch_.stride(), [&](Index pixel, const A* sums) {
                    Elementwise<S>::rectify_backward(
                        sums, activation.tile(pixel), y.tile(pixel), images_, channels, norm.mean(0),
                        norm.inverse(0), result.tile(pixel), norm.first(pixel), norm.second(pixel));
                  });
  norm.finish_backward(module, images_, 0);
  each(pixels, [&](Index pixel) {
    Elementwise<S>::normalise_backward(result.tile(pixel), y.tile(pixel), images_, channels, norm.mean(0),
                                       norm.inverse(0), norm.scale(0), norm.mean_dz(0),
                                       norm.mean_dz_normalised(0), result.tile(pixel));
    result.pack(pixel);
  });
}

template <class S>
void GeneratorPass<S>::kernel_gradient(const Groups& groups, const Tiles<S>& in, Index in_channels,
                                       const Tiles<S>& gradient, Index out_channels,
                                       torch::Tensor parameter) {
  const Index plane = in_channels * out_channels;
  sum_products<S>(groups, in_channels, out_channels, in.inner(), in.transposes(), gradient.packs(),
                  scratch_.data(), scratch_.stride(), [&](Index tap, const A* sums) {
                    std::copy_n(sums, plane, kernel_sums_.data() + tap * plane);
                  });
  unpack_kernel(kernel_sums_.data(), in_channels, out_channels, static_cast<Index>(groups.size()), false,
                parameter.grad());
}

template <class S>
void GeneratorPass<S>::backward(torch::Tensor gradient) {
  torch::NoGradGuard no_grad;
  const Index images = images_;
  const auto* picture_gradient = gradient.data_ptr<A>();
  each(196, [&](Index pixel) {
    S* rows = rows_.data() + at::get_thread_num() * 16 * images;
    Elementwise<S>::patch(picture_gradient, images, pixel / 14, pixel % 14, rows, images);
    Elementwise<S>::transpose(rows, 16, images, patches_.tile(pixel), 16);
    patches_.pack(pixel);
  });

  auto* partial = kernel_sums_.data();
  sum_products<S>(pixel_sums_, 64, 16, a3_.inner(), a3_.transposes(), patches_.packs(), scratch_.data(),
                  scratch_.stride(),
                  [&](Index group, const A* sums) { std::copy_n(sums, 64 * 16, partial + group * 64 * 16); });
  sum_parts(partial, 14, 64 * 16, generator_->conv3->weight.grad().template data_ptr<A>());

  down(pixelwise_, 16, patches_, kernel3_.second_by_first(), y3_, 196, 64, norm3_, generator_->bn3, a3_, d3_);
  kernel_gradient(taps2_.weight, a2_, 128, d3_, 64, generator_->conv2->weight);
  down(taps2_.backward, 64, d3_, kernel2_.second_by_first(), y2_, 49, 128, norm2_, generator_->bn2, a2_, d2_);
  kernel_gradient(taps1_.weight, a1_, 256, d2_, 128, generator_->conv1->weight);

  sum_products<S>(taps1_.backward, images, 256, 128, d2_.planes(), kernel1_.second_by_first(),
                  scratch_.data(), scratch_.stride(), [&](Index pixel, const A* sums) {
                    S* tile = d1_.tile(pixel);
                    Elementwise<S>::rectify_backward(sums, a1_.tile(pixel), y1_.tile(pixel), images, 256,
                                                     norm1_.mean(pixel), norm1_.inverse(pixel), tile,
                                                     norm1_.first(pixel), norm1_.second(pixel));
                    norm1_.finish_backward(generator_->bn1, images, pixel);
                    Elementwise<S>::normalise_backward(
                        tile, y1_.tile(pixel), images, 256, norm1_.mean(pixel), norm1_.inverse(pixel),
                        norm1_.scale(pixel), norm1_.mean_dz(pixel), norm1_.mean_dz_normalised(pixel), tile);
                    d1_.pack(pixel);
                  });
  auto* dense_gradient = generator_->linear->weight.grad().template data_ptr<A>();
  sum_products<S>(dense_, even(latent_dim_), 256, latents_.inner(), {latents_.transposes().data, 0},
                  d1_.packs(), scratch_.data(), scratch_.stride(), [&](Index pixel, const A* sums) {
                    for (Index c = 0; c < 256; ++c) {
                      A* to = dense_gradient + (c * 49 + pixel) * latent_dim_;
                      for (Index k = 0; k < latent_dim_; ++k) to[k] = sums[k * 256 + c];
                    }
                  });
}

template class GeneratorPass<float>;
template class GeneratorPass<double>;
template class GeneratorPass<BFloat16>;

}  // namespace dcgan::fused
