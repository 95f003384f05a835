#pragma once

#include <chrono>
#include <string>

namespace dcgan {

/// Connects to an address and disconnects. Returns why that failed; an empty text if it succeeded.
std::string knock(const std::string& address, int port, std::chrono::milliseconds timeout);

}  // namespace dcgan
