#pragma once

namespace dcgan {

/// Returns how many threads, at most `wanted`, a team of the calling thread may have. libgomp ends the
/// process if it cannot start a thread, and libuv does the same for its own pool. So threads are started to
/// see whether the limits of the user, of the container and of the memory allow that, with some to spare.
/// They end before this returns.
int startable_threads(int wanted);

}  // namespace dcgan
