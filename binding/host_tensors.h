#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "contract.h"

namespace dcgan {

/// Returns the values of a float32 tensor. Throws ERR_DCGAN_BAD_CHECKPOINT if it is missing or has another
/// type or shape.
inline Floats floats_of(const std::vector<HostTensor>& tensors, const std::string& name,
                        const std::vector<std::int64_t>& shape) {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const HostTensor& tensor) { return tensor.name == name; });
  std::size_t count = 1;
  for (const auto size : shape) count *= static_cast<std::size_t>(size);
  if (found == tensors.end() || found->dtype != "F32" || found->shape != shape ||
      found->data.size() != count * sizeof(float)) {
    fail("ERR_DCGAN_BAD_CHECKPOINT", "The tensor " + name + " is missing or has another shape");
  }
  Floats values(count);
  std::memcpy(values.data(), found->data.data(), found->data.size());
  return values;
}

}  // namespace dcgan
