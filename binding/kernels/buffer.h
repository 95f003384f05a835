#pragma once

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "kernels/arithmetic.h"

namespace dcgan::kernels {

/// Memory that grows to the largest requested size, and is reused from step to step.
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

/// A piece of scratch memory for each thread.
template <class T>
class Scratch {
 public:
  void resize(Index elements) {
    elements_ = elements;
    buffer_.get(elements * at::get_num_threads());
  }
  T* of_this_thread() const { return buffer_.data() + at::get_thread_num() * elements_; }

 private:
  Index elements_ = 0;
  Buffer<T> buffer_;
};

/// Calls `body(i)` for i in [0, count), in parallel.
template <class Body>
void each(Index count, const Body& body) {
  at::parallel_for(0, count, 1, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) body(i);
  });
}

template <class T>
inline constexpr c10::ScalarType kScalar = c10::CppTypeToScalarType<T>::value;

}  // namespace dcgan::kernels
