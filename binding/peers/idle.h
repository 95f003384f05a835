#pragma once

#include <functional>

namespace dcgan {

/// Called while a process waits for others. Returns false to give up.
using Idle = std::function<bool()>;

}  // namespace dcgan
