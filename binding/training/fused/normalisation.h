#pragma once

#include <torch/torch.h>

#include <cmath>

#include "training/fused/buffer.h"

namespace dcgan::fused {

/// One batch-normalised layer: what its forward computed and its backward needs. Features lie
/// [group][channel]: one group for all pixels (BatchNorm2d), or one a pixel (BatchNorm1d over 12,544).
template <class A>
class Normalisation {
 public:
  /// `by_pixel`: the module's features are in the order channel, pixel.
  Normalisation(Index pixels, Index channels, bool by_pixel)
      : pixels_(pixels), channels_(channels), by_pixel_(by_pixel) {}

  void resize() {
    const Index features = by_pixel_ ? pixels_ * channels_ : channels_;
    for (auto* buffer : {&mean_, &inverse_, &scale_, &shift_, &mean_dz_, &mean_dz_normalised_}) {
      buffer->get(features);
    }
    for (auto* buffer : {&first_, &second_}) buffer->get(pixels_ * channels_);
  }

  /// Partial results of one pixel: in the forward mean and squares, in the backward both sums of gradients.
  A* first(Index pixel) const { return first_.data() + pixel * channels_; }
  A* second(Index pixel) const { return second_.data() + pixel * channels_; }

  const A* mean(Index pixel) const { return mean_.data() + group(pixel) * channels_; }
  const A* inverse(Index pixel) const { return inverse_.data() + group(pixel) * channels_; }
  const A* scale(Index pixel) const { return scale_.data() + group(pixel) * channels_; }
  const A* shift(Index pixel) const { return shift_.data() + group(pixel) * channels_; }
  const A* mean_dz(Index pixel) const { return mean_dz_.data() + group(pixel) * channels_; }
  const A* mean_dz_normalised(Index pixel) const {
    return mean_dz_normalised_.data() + group(pixel) * channels_;
  }

  /// From partial means and squares of `rows` images a pixel: statistics, and running statistics (momentum
  /// 0.1, unbiased variance). With features by pixel, of that pixel alone.
  template <class Module>
  void finish_forward(Module& module, Index rows, Index pixel) {
    const auto* gamma = module->weight.template const_data_ptr<A>();
    const auto* beta = module->bias.template const_data_ptr<A>();
    auto* running_mean = module->running_mean.template data_ptr<A>();
    auto* running_var = module->running_var.template data_ptr<A>();
    const Index members = by_pixel_ ? 1 : pixels_;
    const A count = static_cast<A>(rows * members);
    for (Index c = 0; c < channels_; ++c) {
      A mean = 0, squares = 0;
      for (Index p = pixel; p < pixel + members; ++p) mean += first(p)[c];
      mean /= static_cast<A>(members);
      for (Index p = pixel; p < pixel + members; ++p) {
        const A apart = first(p)[c] - mean;
        squares += second(p)[c] + static_cast<A>(rows) * apart * apart;
      }
      const Index at = group(pixel) * channels_ + c;
      const Index feature = by_pixel_ ? c * pixels_ + pixel : c;
      mean_.data()[at] = mean;
      inverse_.data()[at] = 1 / std::sqrt(squares / count + static_cast<A>(1e-5));
      scale_.data()[at] = gamma[feature] * inverse_.data()[at];
      shift_.data()[at] = beta[feature] - mean * scale_.data()[at];
      running_mean[feature] = A(0.9) * running_mean[feature] + A(0.1) * mean;
      running_var[feature] = A(0.9) * running_var[feature] + A(0.1) * squares / (count - 1);
    }
  }

  /// From partial sums of gradients: the gradients of gamma and beta, and the means that the input's needs.
  template <class Module>
  void finish_backward(Module& module, Index rows, Index pixel) {
    auto* gamma_grad = module->weight.grad().template data_ptr<A>();
    auto* beta_grad = module->bias.grad().template data_ptr<A>();
    const Index members = by_pixel_ ? 1 : pixels_;
    const A count = static_cast<A>(rows * members);
    for (Index c = 0; c < channels_; ++c) {
      A total = 0, total_normalised = 0;
      for (Index p = pixel; p < pixel + members; ++p) {
        total += first(p)[c];
        total_normalised += second(p)[c];
      }
      const Index at = group(pixel) * channels_ + c;
      const Index feature = by_pixel_ ? c * pixels_ + pixel : c;
      beta_grad[feature] = total;
      gamma_grad[feature] = total_normalised;
      mean_dz_.data()[at] = total / count;
      mean_dz_normalised_.data()[at] = total_normalised / count;
    }
  }

 private:
  Index group(Index pixel) const { return by_pixel_ ? pixel : 0; }

  Index pixels_;
  Index channels_;
  bool by_pixel_;
  Buffer<A> mean_, inverse_, scale_, shift_, mean_dz_, mean_dz_normalised_;
  Buffer<A> first_, second_;
};

}  // namespace dcgan::fused
