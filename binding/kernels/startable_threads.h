#pragma once

#include <cstddef>
#include <functional>

namespace dcgan::kernels {

/// Calls `start(threads)`, which starts the threads of a team, at most `wanted` with the calling thread.
/// Returns that number. libgomp ends the process if it cannot start a thread, and libuv does the same for its
/// own pool. So other threads are started first, and ended, to see whether the limits of the user, of the
/// container and of the memory allow that, with some to spare. Meanwhile no other team starts, which could
/// rely on the same threads. `stack_size`: of the team's threads; 0: the system's.
int start_threads(int wanted, std::size_t stack_size, const std::function<void(int)>& start);

}  // namespace dcgan::kernels
