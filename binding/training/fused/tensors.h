#pragma once

#include <torch/torch.h>

#include "kernels/convolution.h"
#include "kernels/pictures.h"

namespace dcgan {

// The views of LibTorch's memory that the kernels take.

template <class T>
inline constexpr c10::ScalarType kScalar = c10::CppTypeToScalarType<T>::value;

/// `tensor` needs its gradient (Adam::join_gradients).
template <class A>
kernels::Parameter<A> parameter(const torch::Tensor& tensor) {
  return {tensor.const_data_ptr<A>(), tensor.grad().data_ptr<A>()};
}

/// `tensors`: 784 × images each.
template <class A>
std::vector<kernels::Pictures<A>> pictures_of(const std::vector<torch::Tensor>& tensors) {
  std::vector<kernels::Pictures<A>> pictures;
  for (const auto& tensor : tensors) pictures.push_back({tensor.const_data_ptr<A>(), tensor.size(1)});
  return pictures;
}

}  // namespace dcgan
