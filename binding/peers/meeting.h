#pragma once

#include "peers/c10d.h"
#include "peers/idle.h"

namespace dcgan {

/// Returns the store at this place, which a process keeps until it ends: others may need it longer than a
/// model lives. Throws ERR_DCGAN_PEER where it cannot be reached.
StorePtr meeting_store(const PeerPlace& place, const Idle& idle);

/// Waits for a key that another process sets, and returns its value. Throws what refuse() said, and
/// ERR_DCGAN_PEER where nobody sets the key for minutes or `idle` returns false. `who` sets it.
std::string wait_for(const StorePtr& store, const PeerPlace& place, const std::string& key,
                     const std::string& who, const Idle& idle);

/// Sets a key unless it is set. Returns its value.
std::string set_once(const StorePtr& store, const std::string& key, const std::string& value);

/// Ends everybody's wait_for() with this failure, and throws it.
[[noreturn]] void refuse(const StorePtr& store, const PeerPlace& place, const Error& error);

/// Of a caller that would wait no longer.
Error given_up();

void set(const StorePtr& store, const std::string& key, const std::string& value);

}  // namespace dcgan
