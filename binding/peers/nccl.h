#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "peers/c10d.h"

namespace dcgan {

/// NCCL, NVIDIA's library for sums over GPUs, through c10d. A process can use it if its model is on a GPU,
/// the engine was built with NCCL's headers, and LibTorch has NCCL.

/// Returns a name that no other GPU has, or "" if this process cannot use NCCL.
std::string nccl_gpu(at::Device device);

/// Connects all processes by their GPUs, of which no two may be the same one. wait() and isCompleted() of an
/// operation queries the GPU; abort() ends one that hangs. Throws ERR_DCGAN_NATIVE where nccl_gpu() returns
/// "".
BackendPtr make_nccl_backend(const PeerPlace& place, const StorePtr& store, const std::string& name);

}  // namespace dcgan
