#pragma once

#include <functional>

namespace dcgan {

/// What a process does while it waits for others; false to give up.
using Idle = std::function<bool()>;

}  // namespace dcgan
