#include "kernels/taps.h"

namespace dcgan::kernels {

namespace {

/// Calls join(small pixel, large pixel, tap) for each pair of pixels that a tap connects:
/// small · stride − padding + tap = large.
template <class Join>
void each_tap(Index small_side, Index large_side, Window window, Join join) {
  for (Index tap = 0; tap < window.taps(); ++tap) {
    for (Index y = 0; y < small_side; ++y) {
      for (Index x = 0; x < small_side; ++x) {
        const Index large_y = y * window.stride - window.padding + tap / window.side;
        const Index large_x = x * window.stride - window.padding + tap % window.side;
        if (large_y < 0 || large_y >= large_side || large_x < 0 || large_x >= large_side) continue;
        join(y * small_side + x, large_y * large_side + large_x, tap);
      }
    }
  }
}

Taps sized(Index in_pixels, Index out_pixels, Index weight_groups) {
  Taps taps;
  taps.forward.resize(static_cast<std::size_t>(out_pixels));
  taps.backward.resize(static_cast<std::size_t>(in_pixels));
  taps.weight.resize(static_cast<std::size_t>(weight_groups));
  return taps;
}

void add(Taps& taps, Index in, Index out, Index tap, Index weight_group) {
  taps.forward[static_cast<std::size_t>(out)].push_back({in, tap});
  taps.backward[static_cast<std::size_t>(in)].push_back({out, tap});
  taps.weight[static_cast<std::size_t>(weight_group)].push_back({in, out});
}

}  // namespace

Groups pairs_by_tap(const Taps& taps) {
  Groups pairs(taps.weight.size());
  for (std::size_t out = 0; out < taps.forward.size(); ++out) {
    for (const auto& [in, tap] : taps.forward[out]) {
      pairs[static_cast<std::size_t>(tap)].push_back({in, static_cast<Index>(out)});
    }
  }
  return pairs;
}

Taps convolution_taps(Map in, Map out, Window window) {
  Taps taps = sized(in.pixels(), out.pixels(), window.taps());
  each_tap(out.side, in.side, window,
           [&](Index to, Index from, Index tap) { add(taps, from, to, tap, tap); });
  return taps;
}

Taps transposed_taps(Map in, Map out, Window window) {
  Taps taps = sized(in.pixels(), out.pixels(), window.taps());
  each_tap(in.side, out.side, window,
           [&](Index from, Index to, Index tap) { add(taps, from, to, tap, tap); });
  return taps;
}

Taps pixelwise_taps(Index pixels, Index parts) {
  Taps taps = sized(pixels, pixels, parts);
  taps.parts = parts;
  for (Index pixel = 0; pixel < pixels; ++pixel) add(taps, pixel, pixel, 0, pixel * parts / pixels);
  return taps;
}

}  // namespace dcgan::kernels
