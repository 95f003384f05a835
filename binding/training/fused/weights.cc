#include "training/fused/weights.h"

#include <type_traits>

namespace dcgan::fused {

namespace {

/// Where element (k, n) of a K × N second operand lies: see Elementwise::pack.
template <class S>
Index packed_index(Index k, Index n, Index columns) {
  if constexpr (std::is_same_v<S, BFloat16>) return (k / 2) * 2 * columns + 2 * n + k % 2;
  return k * columns + n;
}

/// out[tap] = the K × N operand src[k · k_stride + n · n_stride + tap].
template <class S>
void pack_taps(const SumOf<S>* source, Index taps, Index rows, Index columns, Index k_stride, Index n_stride,
               S* out) {
  const Index plane = even(rows) * columns;
  // Two rows at a time, all their taps: what they read stays in the first cache.
  each(even(rows) / 2, [&](Index pair) {
    for (Index tap = 0; tap < taps; ++tap) {
      for (Index k = 2 * pair; k < 2 * pair + 2; ++k) {
        if (k >= rows) {
          for (Index n = 0; n < columns; ++n) out[tap * plane + packed_index<S>(k, n, columns)] = S{};
          continue;
        }
        for (Index n = 0; n < columns; ++n) {
          out[tap * plane + packed_index<S>(k, n, columns)] =
              narrow<S>(source[k * k_stride + n * n_stride + tap]);
        }
      }
    }
  });
}

}  // namespace

template <class S>
void PackedKernel<S>::pack(const torch::Tensor& weight, Index first, Index second, Index taps) {
  first_ = first;
  second_ = second;
  const auto* source = weight.const_data_ptr<A>();
  pack_taps<S>(source, taps, first, second, second * taps, taps, straight_.get(taps * even(first) * second));
  pack_taps<S>(source, taps, second, first, taps, second * taps, crossed_.get(taps * even(second) * first));
}

template <class S>
void pack_dense(const torch::Tensor& weight, Index latent_dim, S* out) {
  constexpr Index pixels = 49, channels = 256;
  const auto* source = weight.const_data_ptr<SumOf<S>>();
  const Index plane = even(latent_dim) * channels;
  each(pixels, [&](Index pixel) {
    S* to = out + pixel * plane;
    for (Index c = 0; c < channels; ++c) {
      const auto* row = source + (c * pixels + pixel) * latent_dim;
      for (Index k = 0; k < latent_dim; ++k) to[packed_index<S>(k, c, channels)] = narrow<S>(row[k]);
      if (latent_dim < even(latent_dim)) to[packed_index<S>(latent_dim, c, channels)] = S{};
    }
  });
}

template <class A>
void unpack_kernel(const A* sums, Index first, Index second, Index taps, bool crossed,
                   torch::Tensor gradient) {
  auto* out = gradient.data_ptr<A>();
  each(first, [&](Index i) {
    for (Index j = 0; j < second; ++j) {
      A* to = out + (crossed ? j * first + i : i * second + j) * taps;
      for (Index tap = 0; tap < taps; ++tap) to[tap] = sums[(tap * first + i) * second + j];
    }
  });
}

template class PackedKernel<float>;
template class PackedKernel<double>;
template class PackedKernel<BFloat16>;
template void pack_dense(const torch::Tensor&, Index, float*);
template void pack_dense(const torch::Tensor&, Index, double*);
template void pack_dense(const torch::Tensor&, Index, BFloat16*);
template void unpack_kernel(const float*, Index, Index, Index, bool, torch::Tensor);
template void unpack_kernel(const double*, Index, Index, Index, bool, torch::Tensor);

}  // namespace dcgan::fused
