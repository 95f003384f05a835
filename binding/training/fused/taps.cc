#include "training/fused/taps.h"

namespace dcgan::fused {

namespace {

/// `small` is the side that a stride walks on: small · stride − padding + tap = large.
template <class Join>
void each_tap(int small_side, int large_side, int kernel, int stride, int padding, Join join) {
  for (int tap = 0; tap < kernel * kernel; ++tap) {
    for (int y = 0; y < small_side; ++y) {
      for (int x = 0; x < small_side; ++x) {
        const int large_y = y * stride - padding + tap / kernel;
        const int large_x = x * stride - padding + tap % kernel;
        if (large_y < 0 || large_y >= large_side || large_x < 0 || large_x >= large_side) continue;
        join(y * small_side + x, large_y * large_side + large_x, tap);
      }
    }
  }
}

Taps sized(int in_side, int out_side, int kernel) {
  Taps taps;
  taps.forward.resize(static_cast<std::size_t>(out_side * out_side));
  taps.backward.resize(static_cast<std::size_t>(in_side * in_side));
  taps.weight.resize(static_cast<std::size_t>(kernel * kernel));
  return taps;
}

void add(Taps& taps, int in, int out, int tap) {
  taps.forward[static_cast<std::size_t>(out)].push_back({in, tap});
  taps.backward[static_cast<std::size_t>(in)].push_back({out, tap});
  taps.weight[static_cast<std::size_t>(tap)].push_back({in, out});
}

}  // namespace

Taps convolution_taps(int in_side, int out_side, int kernel, int stride, int padding) {
  Taps taps = sized(in_side, out_side, kernel);
  each_tap(out_side, in_side, kernel, stride, padding,
           [&](int out, int in, int tap) { add(taps, in, out, tap); });
  return taps;
}

Taps transposed_taps(int in_side, int out_side, int kernel, int stride, int padding) {
  Taps taps = sized(in_side, out_side, kernel);
  each_tap(in_side, out_side, kernel, stride, padding,
           [&](int in, int out, int tap) { add(taps, in, out, tap); });
  return taps;
}

Groups plane_by_one(int planes) {
  Groups groups;
  for (int plane = 0; plane < planes; ++plane) groups.push_back({{plane, 0}});
  return groups;
}

Groups one_by_plane(int planes) {
  Groups groups;
  for (int plane = 0; plane < planes; ++plane) groups.push_back({{0, plane}});
  return groups;
}

Groups plane_by_plane(int planes, int count) {
  Groups groups(static_cast<std::size_t>(count));
  for (int plane = 0; plane < planes; ++plane) {
    groups[static_cast<std::size_t>(plane * count / planes)].push_back({plane, plane});
  }
  return groups;
}

}  // namespace dcgan::fused
