#include "peers/knock.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

namespace dcgan {

namespace {

std::string name_of(int error) { return std::generic_category().message(error); }

class Socket {
 public:
  explicit Socket(const addrinfo& place) : file_(::socket(place.ai_family, place.ai_socktype, 0)) {
    if (file_ >= 0) fcntl(file_, F_SETFL, O_NONBLOCK);
    if (file_ >= 0) fcntl(file_, F_SETFD, FD_CLOEXEC);
  }
  ~Socket() {
    if (file_ >= 0) ::close(file_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// Returns 0 or an errno.
  int reach(const addrinfo& place, std::chrono::milliseconds timeout) const {
    if (file_ < 0) return errno;
    if (::connect(file_, place.ai_addr, place.ai_addrlen) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    pollfd waiting{file_, POLLOUT, 0};
    if (::poll(&waiting, 1, static_cast<int>(timeout.count())) != 1) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(file_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
  }

 private:
  int file_;
};

}  // namespace

std::string knock(const std::string& address, int port, std::chrono::milliseconds timeout) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int unknown = getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (unknown != 0) return gai_strerror(unknown);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> places(found, freeaddrinfo);
  int error = 0;
  for (const auto* place = found; place != nullptr; place = place->ai_next) {
    error = Socket(*place).reach(*place, timeout);
    if (error == 0) return {};
  }
  return name_of(error);
}

}  // namespace dcgan
