#pragma once

#include <atomic>
#include <memory>

#include "addon/napi_setup.h"

namespace dcgan {

/// A message from a model's thread to Node's.
class Letter {
 public:
  virtual ~Letter() = default;
  /// On Node's thread. It must not throw.
  virtual void deliver(Napi::Env env) = 0;
};

/// Carries letters from models' threads to Node's. It keeps the process alive while an answer is owed, and
/// not otherwise.
class Mailbox {
 public:
  explicit Mailbox(Napi::Env env);

  /// From any thread, and without allocating anything. After close() letters are dropped.
  void post(std::unique_ptr<Letter> letter);

  /// On Node's thread: an answer is owed, or was given.
  void expect(Napi::Env env);
  void settle(Napi::Env env);

  /// On Node's thread, when the environment ends.
  void close() { closed_ = true; }
  bool closed() const { return closed_; }

 private:
  static void deliver(Napi::Env env, Napi::Function, void*, Letter* delivered);
  using Channel = Napi::TypedThreadSafeFunction<void, Letter, deliver>;

  std::atomic<bool> closed_{false};
  int owed_ = 0;
  Channel channel_;
};

}  // namespace dcgan
