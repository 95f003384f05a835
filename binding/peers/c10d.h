#pragma once

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "contract.h"

namespace dcgan {

/// c10d, LibTorch's library for distributed training: its store, where processes meet, and its backend, which
/// sums tensors over them. A LibTorch may be built without c10d. Only c10d.cc uses its functions, and throws
/// ERR_DCGAN_NATIVE if they are missing. nccl.h has the backend for GPUs.

using StorePtr = c10::intrusive_ptr<c10d::Store>;
using BackendPtr = c10::intrusive_ptr<c10d::Backend>;

/// Connects to the store at the place's address. Throws c10::Error after `timeout`.
StorePtr open_store(const PeerPlace& place, std::chrono::milliseconds timeout);

/// Connects all processes. `name` distinguishes the groups of one store. An operation fails after `timeout`.
BackendPtr make_backend(const PeerPlace& place, const StorePtr& store, const std::string& name,
                        std::chrono::milliseconds timeout);

/// Returns the first line of LibTorch's message, without the position in its sources that Gloo puts first.
std::string words_of(const std::exception& error);

}  // namespace dcgan
