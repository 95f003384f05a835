#include "peers/sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace dcgan {

namespace {

std::string name_of(int error) { return std::generic_category().message(error); }

class Socket {
 public:
  explicit Socket(const addrinfo& place, int type = SOCK_STREAM) : file_(::socket(place.ai_family, type, 0)) {
    if (file_ >= 0) fcntl(file_, F_SETFD, FD_CLOEXEC);
  }
  ~Socket() {
    if (file_ >= 0) ::close(file_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Each of these returns 0 or an errno.

  int reach(const addrinfo& place, std::chrono::milliseconds timeout) const {
    if (file_ < 0) return errno;
    fcntl(file_, F_SETFL, O_NONBLOCK);
    if (::connect(file_, place.ai_addr, place.ai_addrlen) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    pollfd waiting{file_, POLLOUT, 0};
    if (::poll(&waiting, 1, static_cast<int>(timeout.count())) != 1) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(file_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
  }

  int listen(const addrinfo& place) const {
    const int yes = 1;
    if (file_ < 0 || setsockopt(file_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) return errno;
    fcntl(file_, F_SETFL, O_NONBLOCK);
    if (::bind(file_, place.ai_addr, place.ai_addrlen) != 0) return errno;
    return ::listen(file_, SOMAXCONN) == 0 ? 0 : errno;
  }

  /// Returns the numeric address of this end; an empty text if it has none.
  std::string own_address() const {
    sockaddr_storage own{};
    auto* const address = reinterpret_cast<sockaddr*>(&own);
    socklen_t size = sizeof own;
    char text[NI_MAXHOST];
    if (getsockname(file_, address, &size) != 0) return {};
    return getnameinfo(address, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0 ? text : "";
  }

  int release() { return std::exchange(file_, -1); }

 private:
  int file_;
};

using Places = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

/// Resolves a name. `error`: what getaddrinfo() returned.
struct Resolved {
  Places places;
  int error;
};

/// An empty address means all addresses of this machine.
Resolved resolve(const std::string& address, int port, int family = AF_UNSPEC, int flags = 0) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_family = family;
  hints.ai_flags = flags | AI_PASSIVE;
  addrinfo* found = nullptr;
  const auto* const name = address.empty() ? nullptr : address.c_str();
  const int error = getaddrinfo(name, std::to_string(port).c_str(), &hints, &found);
  return {{error == 0 ? found : nullptr, freeaddrinfo}, error};
}

bool is_loopback(const addrinfo& place) {
  if (place.ai_family == AF_INET) {
    constexpr std::uint32_t kNetwork = 127;
    return ntohl(reinterpret_cast<const sockaddr_in*>(place.ai_addr)->sin_addr.s_addr) >> 24 == kNetwork;
  }
  return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(place.ai_addr)->sin6_addr) != 0;
}

/// Returns what `use` returns for the first of the addresses for which it returns something. IPv4 comes
/// first: the others may write 127.0.0.1 where this process has localhost.
template <class Use>
auto first_usable(const std::string& address, int port, const Use& use) -> decltype(use(addrinfo{})) {
  const bool means_loopback =
      address == "localhost" || resolve(address, port, AF_UNSPEC, AI_NUMERICHOST).error == 0;
  for (const int family : {AF_INET, AF_INET6}) {
    const auto [places, error] = resolve(address, port, family);
    for (const auto* place = places.get(); place != nullptr; place = place->ai_next) {
      if (is_loopback(*place) && !means_loopback) return {};
      if (auto found = use(*place)) return found;
    }
  }
  return {};
}

}  // namespace

std::string try_to_connect(const std::string& address, int port, std::chrono::milliseconds timeout) {
  const auto [places, unknown] = resolve(address, port);
  if (unknown != 0) return gai_strerror(unknown);
  int error = 0;
  for (const auto* place = places.get(); place != nullptr; place = place->ai_next) {
    error = Socket(*place).reach(*place, timeout);
    if (error == 0) return {};
  }
  return name_of(error);
}

int listen_at(const std::string& address, int port) {
  int error = 0;
  const auto listen = [&error](const addrinfo& place) -> std::optional<int> {
    Socket socket(place);
    error = socket.listen(place);
    if (error == 0) return socket.release();
    if (error == EADDRNOTAVAIL || error == EAFNOSUPPORT) return std::nullopt;
    throw std::system_error(error, std::generic_category());
  };
  if (const auto file = first_usable(address, port, listen)) return *file;
  // All addresses. A socket for those of IPv6 is also one for those of IPv4.
  for (const int family : {AF_INET6, AF_INET}) {
    const auto [places, unknown] = resolve({}, port, family);
    if (unknown != 0) continue;
    if (const auto file = listen(*places)) return *file;
  }
  throw std::system_error(error, std::generic_category());
}

std::string address_towards(const std::string& address) {
  // Connecting a socket for datagrams sends nothing, so any port will do.
  constexpr int kPort = 1;
  const auto found = first_usable(address, kPort, [](const addrinfo& place) -> std::optional<std::string> {
    const Socket socket(place, SOCK_DGRAM);
    if (socket.reach(place, {}) != 0) return std::nullopt;
    return socket.own_address();
  });
  return found.value_or("");
}

}  // namespace dcgan
