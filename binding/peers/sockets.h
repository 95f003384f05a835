#pragma once

#include <chrono>
#include <string>

namespace dcgan {

/// Connects to an address and disconnects. Returns why that failed; an empty text if it succeeded.
std::string try_to_connect(const std::string& address, int port, std::chrono::milliseconds timeout);

/// Returns a socket that listens at this address of this machine and at no other one: loopback for 127.0.0.1
/// and localhost. It listens at all addresses if only such a socket may be reached by that name: the address
/// belongs to a router, or a machine's own name is a loopback address in its own list of hosts. Its accept()
/// does not wait. Throws std::system_error.
int listen_at(const std::string& address, int port);

/// Returns the address of this machine from which it reaches `address`; an empty text if other machines may
/// not reach it there, as above.
std::string address_towards(const std::string& address);

}  // namespace dcgan
