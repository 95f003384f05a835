#pragma once

#include <chrono>
#include <string>

namespace dcgan {

/// Connects to an address and hangs up. Returns why that failed; nothing where somebody listens there.
std::string knock(const std::string& address, int port, std::chrono::milliseconds timeout);

}  // namespace dcgan
