#pragma once

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "training/fused/elementwise.h"

namespace dcgan::fused {

/// Memory that grows to the largest size asked for and is kept from step to step.
template <class T>
class Buffer {
 public:
  T* get(Index count) {
    const auto bytes = count * static_cast<Index>(sizeof(T));
    if (!memory_.defined() || memory_.numel() < bytes) {
      memory_ = torch::Tensor();  // freed before the larger one is taken
      memory_ = torch::empty({bytes}, torch::kUInt8);
    }
    return data();
  }
  T* data() const { return static_cast<T*>(memory_.data_ptr()); }

 private:
  torch::Tensor memory_;
};

/// Calls `body(i)` for i in [0, count), in parallel.
template <class Body>
void each(Index count, const Body& body) {
  at::parallel_for(0, count, 1, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) body(i);
  });
}

inline Index even(Index n) { return n + (n & 1); }

template <class T>
inline constexpr c10::ScalarType kScalar = c10::CppTypeToScalarType<T>::value;

}  // namespace dcgan::fused
