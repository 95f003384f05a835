#pragma once

#include <atomic>
#include <memory>

#include "addon/napi_setup.h"

namespace dcgan {

/// A message from a model's thread to Node's.
class Message {
 public:
  virtual ~Message() = default;
  /// Called on Node's thread. It must not throw.
  virtual void deliver(Napi::Env env) = 0;
};

/// Carries messages from the threads of models to Node's thread. Keeps the process alive only while an answer
/// is pending.
class Mailbox {
 public:
  explicit Mailbox(Napi::Env env);

  /// Sends a message from any thread, without allocating memory. Drops it after close().
  void post(std::unique_ptr<Message> message);

  /// Count the pending answers. Called on Node's thread.
  void expect(Napi::Env env);
  void settle(Napi::Env env);

  /// Called on Node's thread when the environment ends.
  void close() { closed_ = true; }
  bool closed() const { return closed_; }

 private:
  static void deliver(Napi::Env env, Napi::Function, void*, Message* delivered);
  using Channel = Napi::TypedThreadSafeFunction<void, Message, deliver>;

  std::atomic<bool> closed_{false};
  int pending_ = 0;
  Channel channel_;
};

}  // namespace dcgan
