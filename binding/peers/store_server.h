#pragma once

namespace dcgan {

/// Serves a store of LibTorch's TCPStore protocol at a listening socket until the process ends, in a thread
/// of its own. LibTorch's own server waits within a message, so a connection that begins one and does not end
/// it would stop all others. This one answers a message when all of it has come.
void serve_store(int listening);

}  // namespace dcgan
