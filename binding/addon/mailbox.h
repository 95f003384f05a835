#pragma once

#include <atomic>
#include <functional>

#include "addon/napi_setup.h"

namespace dcgan {

/// Carries work from models' threads to Node's. It keeps the process alive while an answer is owed, and not
/// otherwise.
class Mailbox {
 public:
  using Letter = std::function<void(Napi::Env)>;

  explicit Mailbox(Napi::Env env);

  /// From any thread. After close() letters are dropped.
  void post(Letter letter);

  /// On Node's thread: an answer is owed, or was given.
  void expect(Napi::Env env);
  void settle(Napi::Env env);

  /// On Node's thread, when the environment ends.
  void close() { closed_ = true; }
  bool closed() const { return closed_; }

 private:
  std::atomic<bool> closed_{false};
  int owed_ = 0;
  Napi::ThreadSafeFunction channel_;
};

}  // namespace dcgan
