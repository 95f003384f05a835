#pragma once

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "contract.h"

namespace dcgan {

/// c10d, LibTorch's distributed engine: its store, where processes meet, and its backend, which sums tensors
/// over them. What is LibTorch's own and may be missing in one that was built without c10d is used in c10d.cc
/// alone, where it fails with ERR_DCGAN_NATIVE.

using StorePtr = c10::intrusive_ptr<c10d::Store>;
using BackendPtr = c10::intrusive_ptr<c10d::Backend>;

/// Connects to the store at the place's address, or serves it. Throws c10::Error after `timeout`.
StorePtr open_store(const PeerPlace& place, std::chrono::milliseconds timeout);

/// Connects all processes. `name` tells the groups of one store apart. An operation fails after `timeout`.
BackendPtr make_backend(const PeerPlace& place, const StorePtr& store, const std::string& name,
                        std::chrono::milliseconds timeout);

/// The first line of LibTorch's message, without the place in its sources that Gloo begins it with.
std::string words_of(const std::exception& error);

}  // namespace dcgan
