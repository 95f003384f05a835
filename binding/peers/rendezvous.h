#pragma once

#include "peers/c10d.h"

namespace dcgan {

/// Returns the store at this place. The process keeps it until it ends, because other processes may need the
/// store longer than this one's model lives. Throws ERR_DCGAN_PEER if the store cannot be reached.
StorePtr rendezvous_store(const PeerPlace& place, const Idle& idle);

/// Waits for a key that another process, `who`, sets, and returns its value. Throws the error that a process
/// passed to refuse(). Throws ERR_DCGAN_PEER if the key is not set for minutes, or if `idle` returns false.
std::string wait_for(const StorePtr& store, const PeerPlace& place, const std::string& key,
                     const std::string& who, const Idle& idle);

/// Sets a key unless it has a value already. Returns its value.
std::string set_once(const StorePtr& store, const std::string& key, const std::string& value);

/// Throws this error, and makes wait_for() throw it in all processes.
[[noreturn]] void refuse(const StorePtr& store, const PeerPlace& place, const Error& error);

/// Returns the error for an `idle` that returned false.
Error given_up();

void set(const StorePtr& store, const std::string& key, const std::string& value);

}  // namespace dcgan
