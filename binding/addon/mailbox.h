#pragma once

#include <atomic>
#include <memory>

#include "addon/napi_setup.h"

namespace dcgan {

/// A message from a model's thread to Node's.
class Letter {
 public:
  virtual ~Letter() = default;
  /// Called on Node's thread. It must not throw.
  virtual void deliver(Napi::Env env) = 0;
};

/// Carries letters from the threads of models to Node's thread. Keeps the process alive only while an answer
/// is owed.
class Mailbox {
 public:
  explicit Mailbox(Napi::Env env);

  /// Sends a letter from any thread, without allocating memory. Drops it after close().
  void post(std::unique_ptr<Letter> letter);

  /// Count the answers that are owed. Called on Node's thread.
  void expect(Napi::Env env);
  void settle(Napi::Env env);

  /// Called on Node's thread when the environment ends.
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
