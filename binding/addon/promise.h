#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <variant>

#include "addon/answers.h"
#include "addon/failure.h"
#include "addon/model.h"

namespace dcgan {

/// Settles a promise of a model. It is made together with the promise, because allocating memory when the
/// answer comes, on the model's thread, could end the process.
template <class T>
class Settlement : public Message {
 public:
  Settlement(Model* model, Napi::Promise::Deferred deferred, Settled settled)
      : model_(model), deferred_(deferred), settled_(std::move(settled)) {}

  void put(std::variant<T, Failure> outcome) { outcome_ = std::move(outcome); }

  void deliver(Napi::Env env) override {
    const Napi::HandleScope scope(env);
    std::optional<Failure> failure = settled_ ? settled_() : std::nullopt;
    if (auto* failed = std::get_if<Failure>(&outcome_); failed && !failure) failure = std::move(*failed);
    try {
      if (!failure) resolve(env, failure);
      if (failure) deferred_.Reject(to_js(env, *failure));
    } catch (const Napi::Error&) {
      // A worker that is being terminated takes no answers.
    }
    // This comes last, because garbage collection may take the model afterwards.
    model_->settle(env);
  }

 private:
  void resolve(Napi::Env env, std::optional<Failure>& failure) {
    Napi::Value value;
    try {
      value = to_js(env, std::get<T>(outcome_));
    } catch (...) {
      failure = current_failure();
      return;
    }
    deferred_.Resolve(value);
  }

  Model* model_;
  Napi::Promise::Deferred deferred_;
  Settled settled_;
  std::variant<T, Failure> outcome_ = Failure{"ERR_DCGAN_NATIVE", "Out of memory"};
};

/// A promise without an answer yet. It is settled once: by the first call or, if an exception dropped the
/// reply, when its last copy is destroyed. The promise is always settled, so the process can end.
template <class T>
class PendingPromise {
 public:
  PendingPromise(Mailbox& mailbox, std::unique_ptr<Settlement<T>> settlement)
      : mailbox_(mailbox), settlement_(settlement.release()) {}
  ~PendingPromise() { settle({}); }
  PendingPromise(const PendingPromise&) = delete;
  PendingPromise& operator=(const PendingPromise&) = delete;

  /// Called from any thread.
  void settle(std::optional<std::variant<T, Failure>> outcome) {
    std::unique_ptr<Settlement<T>> settlement(settlement_.exchange(nullptr));
    if (!settlement) return;
    if (outcome) settlement->put(std::move(*outcome));
    mailbox_.post(std::move(settlement));
  }

 private:
  Mailbox& mailbox_;
  std::atomic<Settlement<T>*> settlement_;
};

/// Returns a promise, and calls `send(engine, reply)`, which sends a request to the model's engine. The
/// promise rejects with a failure of `send`, of the engine, or the one that `settled` returns when the answer
/// has come.
template <class T, class Send>
Napi::Value promise_from(Napi::Env env, Model& model, Send send, Settled settled = {}) {
  const auto deferred = Napi::Promise::Deferred::New(env);
  auto settlement = std::make_unique<Settlement<T>>(&model, deferred, std::move(settled));
  const auto pending = std::make_shared<PendingPromise<T>>(model.mailbox(), std::move(settlement));
  model.expect(env);
  try {
    send(model.engine(),
         Reply<T>([pending](std::variant<T, Failure> outcome) { pending->settle(std::move(outcome)); }));
  } catch (...) {
    pending->settle(current_failure());
  }
  return deferred.Promise();
}

/// Returns a promise of the answer to a request: a call of an engine's method with these arguments.
template <class T, class... Params, class... Args>
Napi::Value promise(Napi::Env env, Model& model, void (Engine::*method)(Reply<T>, Params...),
                    Args&&... args) {
  return promise_from<T>(env, model, [&](Engine& engine, Reply<T> reply) {
    (engine.*method)(std::move(reply), std::forward<Args>(args)...);
  });
}

}  // namespace dcgan
