#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "kernels/buffer.h"
#include "kernels/elementwise.h"
#include "peers/peers.h"

namespace dcgan {

/// The tensors of a batch normalisation module.
struct NormTensors {
  torch::Tensor gamma, beta, running_mean, running_var, batches;
  /// True for BatchNorm1d, with features in the order channel, pixel. False for BatchNorm2d, where a
  /// feature is a channel.
  bool by_pixel;
};

template <class Module>
NormTensors norm_tensors(const Module& module, bool by_pixel) {
  return {
      module->weight, module->bias, module->running_mean, module->running_var, module->num_batches_tracked,
      by_pixel};
}

/// Batch normalisation over a map. It keeps the results of the forward pass that the backward pass needs.
/// Features lie in memory as [group][channel]. If features are by pixel, a group is one pixel; otherwise it
/// is the whole map.
template <class A>
class Normalisation {
 public:
  using Index = kernels::Index;

  /// `peers`: null, or the other processes of the statistics.
  Normalisation(NormTensors tensors, Map map, Peers* peers)
      : tensors_(std::move(tensors)),
        peers_(peers),
        pixels_(map.pixels()),
        channels_(map.channels),
        groups_(tensors_.by_pixel ? pixels_ : 1) {
    for (auto* values : {&mean_, &squares_, &inverse_, &scale_, &shift_, &mean_dz_, &mean_dz_normalised_}) {
      values->get(groups_ * channels_);
    }
    for (auto* partial : {&pixel_mean_, &pixel_squares_, &pixel_total_, &pixel_total_normalised_}) {
      partial->get(pixels_ * channels_);
    }
  }

  /// Partial results of one pixel: the first two of the forward pass, the others of the backward pass.
  A* pixel_mean(Index pixel) const { return pixel_mean_.data() + pixel * channels_; }
  A* pixel_squares(Index pixel) const { return pixel_squares_.data() + pixel * channels_; }
  A* pixel_total(Index pixel) const { return pixel_total_.data() + pixel * channels_; }
  A* pixel_total_normalised(Index pixel) const { return pixel_total_normalised_.data() + pixel * channels_; }

  kernels::Features<A> features(Index pixel) const {
    const Index at = (groups_ == 1 ? 0 : pixel) * channels_;
    return {mean_.data() + at,  inverse_.data() + at, scale_.data() + at,
            shift_.data() + at, mean_dz_.data() + at, mean_dz_normalised_.data() + at};
  }

  /// Computes the statistics and the running statistics (momentum 0.1, unbiased variance) from each pixel's
  /// mean and squares over `images` images.
  void finish_forward(Index images) {
    const auto* gamma = tensors_.gamma.template const_data_ptr<A>();
    const auto* beta = tensors_.beta.template const_data_ptr<A>();
    auto* running_mean = tensors_.running_mean.template data_ptr<A>();
    auto* running_var = tensors_.running_var.template data_ptr<A>();
    each_feature([&](Index at, Index, Index first, Index end, Index c) {
      A mean = 0, squares = 0;
      for (Index pixel = first; pixel < end; ++pixel) mean += pixel_mean(pixel)[c];
      mean /= static_cast<A>(members());
      for (Index pixel = first; pixel < end; ++pixel) {
        const A apart = pixel_mean(pixel)[c] - mean;
        squares += pixel_squares(pixel)[c] + static_cast<A>(images) * apart * apart;
      }
      mean_.data()[at] = mean;
      squares_.data()[at] = squares;
    });
    const A count = static_cast<A>((peers_ == nullptr ? images : join_forward(images)) * members());
    each_feature([&](Index at, Index feature, Index, Index, Index) {
      const A mean = mean_.data()[at], squares = squares_.data()[at];
      inverse_.data()[at] = 1 / std::sqrt(squares / count + static_cast<A>(1e-5));
      scale_.data()[at] = gamma[feature] * inverse_.data()[at];
      shift_.data()[at] = beta[feature] - mean * scale_.data()[at];
      running_mean[feature] = A(0.9) * running_mean[feature] + A(0.1) * mean;
      running_var[feature] = A(0.9) * running_var[feature] + A(0.1) * squares / (count - 1);
    });
    tensors_.batches.add_(1);
  }

  /// Computes the gradients of gamma and beta, and the means for the input's gradient, from each pixel's
  /// sums.
  void finish_backward(Index images) {
    auto* gamma_grad = tensors_.gamma.grad().template data_ptr<A>();
    auto* beta_grad = tensors_.beta.grad().template data_ptr<A>();
    each_feature([&](Index at, Index feature, Index first, Index end, Index c) {
      A total = 0, total_normalised = 0;
      for (Index pixel = first; pixel < end; ++pixel) {
        total += pixel_total(pixel)[c];
        total_normalised += pixel_total_normalised(pixel)[c];
      }
      beta_grad[feature] = total;
      gamma_grad[feature] = total_normalised;
      mean_dz_.data()[at] = total;
      mean_dz_normalised_.data()[at] = total_normalised;
    });
    const A count = static_cast<A>((peers_ == nullptr ? images : join_backward(images)) * members());
    for (auto* sums : {&mean_dz_, &mean_dz_normalised_}) {
      std::for_each(sums->data(), sums->data() + feature_count(), [&](A& sum) { sum /= count; });
    }
  }

 private:
  Index feature_count() const { return groups_ * channels_; }

  /// Sums two values of each feature, and the number of images, over all processes. Returns that number.
  template <class Sum>
  Index join(Index images, const Sum& sums) {
    joined_ = torch::empty({2 * feature_count() + 1}, torch::kFloat64);
    auto* first = joined_.template data_ptr<double>();
    auto* second = first + feature_count();
    sums(first, second);
    second[feature_count()] = static_cast<double>(images);
    peers_->sum(joined_);
    return static_cast<Index>(second[feature_count()]);
  }

  /// Turns the means and squared deviations of this process's images into the same of all processes. It sums
  /// squares, not deviations from a mean. In float64 they lose no digits that float32 has.
  Index join_forward(Index images) {
    const auto rows = static_cast<double>(images * members());
    const auto all = join(images, [&](double* sum, double* squares) {
      for (Index i = 0; i < feature_count(); ++i) {
        const auto mean = static_cast<double>(mean_.data()[i]);
        sum[i] = rows * mean;
        squares[i] = static_cast<double>(squares_.data()[i]) + rows * mean * mean;
      }
    });
    const auto count = static_cast<double>(all * members());
    const auto* sum = joined_.template const_data_ptr<double>();
    for (Index i = 0; i < feature_count(); ++i) {
      mean_.data()[i] = static_cast<A>(sum[i] / count);
      squares_.data()[i] = static_cast<A>(std::max(0.0, sum[feature_count() + i] - sum[i] * sum[i] / count));
    }
    return all;
  }

  Index join_backward(Index images) {
    const auto all = join(images, [&](double* total, double* total_normalised) {
      std::copy_n(mean_dz_.data(), feature_count(), total);
      std::copy_n(mean_dz_normalised_.data(), feature_count(), total_normalised);
    });
    const auto* sum = joined_.template const_data_ptr<double>();
    std::transform(sum, sum + feature_count(), mean_dz_.data(),
                   [](double each) { return static_cast<A>(each); });
    std::transform(sum + feature_count(), sum + 2 * feature_count(), mean_dz_normalised_.data(),
                   [](double each) { return static_cast<A>(each); });
    return all;
  }

  /// Returns the number of pixels in a group.
  Index members() const { return pixels_ / groups_; }

  /// Calls body(index in our buffers, index in the module's tensors, first pixel, end of pixels, channel).
  template <class Body>
  void each_feature(const Body& body) const {
    kernels::each(groups_, [&](Index group) {
      const Index first = group * members();
      for (Index c = 0; c < channels_; ++c) {
        body(group * channels_ + c, c * groups_ + group, first, first + members(), c);
      }
    });
  }

  NormTensors tensors_;
  Peers* peers_;
  Index pixels_;
  Index channels_;
  Index groups_;
  kernels::Buffer<A> mean_, squares_, inverse_, scale_, shift_, mean_dz_, mean_dz_normalised_;
  torch::Tensor joined_;
  kernels::Buffer<A> pixel_mean_, pixel_squares_, pixel_total_, pixel_total_normalised_;
};

}  // namespace dcgan
