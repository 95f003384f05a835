#include "peers/store_server.h"

#include "contract.h"

#if __has_include(<torch/csrc/distributed/c10d/TCPStoreBackend.hpp>)

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <list>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/TCPStoreBackend.hpp>
#include <utility>
#include <vector>

namespace dcgan {

namespace {

using c10d::detail::CheckResponseType;
using c10d::detail::QueryType;
using c10d::detail::WaitResponseType;

/// Gloo's longest value has some 100 bytes for each process.
constexpr std::size_t kMessageLimit = 1 << 20;
/// Connections that have not said that they speak the protocol. The oldest one beyond them is closed.
constexpr int kStrangerLimit = 512;
constexpr std::chrono::milliseconds kPauseWithoutFiles{20};

/// The rest of a message has not come yet.
struct Unfinished {};

/// Reads the values of a message. Numbers are in the byte order of the machine, as in LibTorch.
class Message {
 public:
  explicit Message(const std::string& bytes) : bytes_(bytes) {}

  template <class T>
  T value() {
    T value;
    std::memcpy(&value, take(sizeof value), sizeof value);
    return value;
  }

  std::string text() {
    const auto size = value<std::uint64_t>();
    return {take(size), size};
  }

  std::vector<std::string> texts() {
    std::vector<std::string> texts;
    for (auto count = value<std::uint64_t>(); count > 0; --count) texts.push_back(text());
    return texts;
  }

  std::size_t size() const { return position_; }

 private:
  const char* take(std::uint64_t size) {
    if (size > bytes_.size() - position_) throw Unfinished{};
    return bytes_.data() + std::exchange(position_, position_ + size);
  }

  const std::string& bytes_;
  std::size_t position_ = 0;
};

struct Connection {
  int socket;
  bool known = false;             // whether it has said that it speaks the protocol
  std::string received;           // begins with a message
  std::string unsent;             // answers. The next message waits until they are sent
  std::set<std::string> awaited;  // keys

  explicit Connection(int file) : socket(file) {}
  ~Connection() { ::close(socket); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  template <class T>
  void answer(T value) {
    unsent.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void answer_text(const std::string& text) {
    answer<std::uint64_t>(text.size());
    unsent += text;
  }
};

class StoreServer {
 public:
  explicit StoreServer(int listening) : listening_(listening) {}

  [[noreturn]] void run() {
    for (;;) {
      std::vector<pollfd> polled{{listening_, POLLIN, 0}};
      for (const auto& connection : connections_) {
        const auto events = static_cast<short>(connection.unsent.empty() ? POLLIN : POLLIN | POLLOUT);
        polled.push_back({connection.socket, events, 0});
      }
      if (::poll(polled.data(), polled.size(), -1) < 0) continue;
      auto event = polled.begin() + 1;
      for (auto connection = connections_.begin(); event != polled.end(); ++event) {
        const auto current = connection++;
        if (event->revents != 0 && !serve(*current)) connections_.erase(current);
      }
      if (polled.front().revents != 0) accept();
    }
  }

 private:
  void accept() {
    const int socket = ::accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) connections_.emplace_back(socket);
    const bool no_files = socket < 0 && (errno == EMFILE || errno == ENFILE);
    const auto is_stranger = [](const Connection& connection) { return !connection.known; };
    const auto strangers = std::count_if(connections_.begin(), connections_.end(), is_stranger);
    if (strangers > kStrangerLimit || (no_files && strangers > 0)) {
      connections_.erase(std::find_if(connections_.begin(), connections_.end(), is_stranger));
    } else if (no_files) {
      std::this_thread::sleep_for(kPauseWithoutFiles);
    }
  }

  /// Reads, answers and sends what is possible now. Returns false if the connection is over.
  bool serve(Connection& connection) {
    try {
      return send(connection) && receive(connection) && answer_messages(connection);
    } catch (const std::exception&) {
      return false;
    }
  }

  static bool receive(Connection& connection) {
    char bytes[4096];
    if (connection.received.size() > kMessageLimit) return false;
    const auto size = ::recv(connection.socket, bytes, sizeof bytes, 0);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    connection.received.append(bytes, static_cast<std::size_t>(size));
    return size > 0;
  }

  static bool send(Connection& connection) {
    auto& unsent = connection.unsent;
    if (unsent.empty()) return true;
    const auto size = ::send(connection.socket, unsent.data(), unsent.size(), MSG_NOSIGNAL);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    unsent.erase(0, static_cast<std::size_t>(size));
    return true;
  }

  bool answer_messages(Connection& connection) {
    auto& received = connection.received;
    while (!received.empty() && connection.unsent.empty()) {
      Message message(received);
      try {
        answer(connection, message);
      } catch (const Unfinished&) {
        return true;
      }
      received.erase(0, message.size());
      if (!send(connection)) return false;
    }
    return true;
  }

  /// Answers one message. Reads all of it before it changes anything, because an unfinished one is read
  /// again.
  void answer(Connection& connection, Message& message) {
    const auto type = message.value<QueryType>();
    if (!connection.known && type != QueryType::VALIDATE) throw std::invalid_argument("a stranger");
    switch (type) {
      case QueryType::VALIDATE:
        connection.known = message.value<std::uint32_t>() == c10d::detail::validationMagicNumber;
        if (!connection.known) throw std::invalid_argument("a stranger");
        return;
      case QueryType::PING:
        return connection.answer(message.value<std::uint32_t>());
      case QueryType::SET: {
        const auto key = message.text();
        return set(key, message.text());
      }
      case QueryType::MULTI_SET: {
        std::vector<std::pair<std::string, std::string>> pairs;
        for (auto count = message.value<std::uint64_t>(); count > 0; --count) {
          auto key = message.text();
          pairs.emplace_back(std::move(key), message.text());
        }
        for (const auto& [key, value] : pairs) set(key, value);
        return;
      }
      case QueryType::COMPARE_SET: {
        const auto key = message.text();
        const auto expected = message.text();
        const auto value = message.text();
        const auto found = values_.find(key);
        if (found == values_.end() ? expected.empty() : found->second == expected) set(key, value);
        return connection.answer_text(values_.count(key) == 0 ? expected : values_.at(key));
      }
      case QueryType::APPEND: {
        const auto key = message.text();
        const auto value = message.text();
        return set(key, values_[key] + value);
      }
      case QueryType::ADD: {
        const auto key = message.text();
        auto sum = message.value<std::int64_t>();
        if (values_.count(key) > 0) sum += std::stoll(values_.at(key));
        set(key, std::to_string(sum));
        return connection.answer(sum);
      }
      case QueryType::GET:
        return connection.answer_text(values_.at(message.text()));
      case QueryType::MULTI_GET:
        for (const auto& key : message.texts()) connection.answer_text(values_.at(key));
        return;
      case QueryType::DELETE_KEY:
        return connection.answer<std::int64_t>(static_cast<std::int64_t>(values_.erase(message.text())));
      case QueryType::GETNUMKEYS:
        return connection.answer(static_cast<std::int64_t>(values_.size()));
      case QueryType::CHECK:
        return connection.answer(missing(message.texts()).empty() ? CheckResponseType::READY
                                                                  : CheckResponseType::NOT_READY);
      case QueryType::WAIT:
        connection.awaited = missing(message.texts());
        if (connection.awaited.empty()) connection.answer(WaitResponseType::STOP_WAITING);
        return;
      case QueryType::CANCEL_WAIT:
        connection.awaited.clear();
        return connection.answer(WaitResponseType::WAIT_CANCELED);
      default:
        throw std::invalid_argument("no process of a run sends this");
    }
  }

  std::set<std::string> missing(const std::vector<std::string>& keys) const {
    std::set<std::string> missing;
    for (const auto& key : keys) {
      if (values_.count(key) == 0) missing.insert(key);
    }
    return missing;
  }

  void set(const std::string& key, const std::string& value) {
    values_[key] = value;
    for (auto& connection : connections_) {
      if (connection.awaited.erase(key) > 0 && connection.awaited.empty())
        connection.answer(WaitResponseType::STOP_WAITING);
    }
  }

  int listening_;
  std::list<Connection> connections_;
  std::map<std::string, std::string> values_;
};

}  // namespace

void serve_store(int listening) {
  std::thread([listening] { StoreServer(listening).run(); }).detach();
}

}  // namespace dcgan

#else

namespace dcgan {

void serve_store(int) { throw Error("ERR_DCGAN_NATIVE", "The addon was built with a LibTorch without c10d"); }

}  // namespace dcgan

#endif
