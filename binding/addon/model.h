#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "addon/answers.h"
#include "addon/environment.h"
#include "addon/napi_setup.h"
#include "addon/requests.h"
#include "contract.h"
#include "engine/engine.h"

namespace dcgan {

/// Called on Node's thread when an answer has come, before its promise is settled. If it returns a failure,
/// the promise rejects with that.
using Settled = std::function<std::optional<Failure>()>;

/// A model as Node's thread sees it: its engine, and the pending promises and callbacks of the engine. It is
/// used on Node's thread alone; the engine sends its answers through the mailbox.
class Model {
 public:
  Model(std::shared_ptr<Environment> environment, std::unique_ptr<Engine> engine, Sizes sizes);
  ~Model();

  /// Returns the JavaScript handle of a new model. While an answer is pending, garbage collection does not
  /// take it.
  static Napi::Value wrap(Napi::Env env, std::unique_ptr<Model> model);

  Engine& engine() { return *engine_; }
  Mailbox& mailbox() { return environment_->mailbox; }
  const Sizes& sizes() const { return sizes_; }
  /// Stops and joins the engine's thread, which takes a step at most. position() and stats() keep their
  /// values.
  void end();
  bool ended() const { return engine_ == nullptr; }
  Position position() const { return engine_ ? engine_->position() : last_position_; }
  Stats stats() const { return engine_ ? engine_->stats() : last_stats_; }

  /// Count the pending answers. While there are any, the handle and the process are kept alive.
  void expect(Napi::Env env);
  void settle(Napi::Env env);

  /// Returns an observer that passes an epoch's events to `callback`. If the callback throws, the epoch ends.
  std::shared_ptr<EpochObserver> observe(std::int64_t id, Napi::Function callback);
  /// Removes the observer's callback, and returns the failure of a call to it.
  std::optional<Failure> forget(std::int64_t id);
  std::int64_t next_id() { return ++last_id_; }

 private:
  friend class Event;

  /// FunctionReferences must be destroyed on Node's thread, so the engine's observer has only their numbers.
  struct Listener {
    Napi::FunctionReference callback;
    std::optional<Failure> failure;
  };

  std::shared_ptr<Environment> environment_;
  std::unique_ptr<Engine> engine_;
  Sizes sizes_;
  Position last_position_;
  Stats last_stats_;
  std::int64_t last_id_ = 0;
  int pending_ = 0;
  Napi::Reference<Napi::External<Model>> handle_;
  std::map<std::int64_t, Listener> listeners_;
};

}  // namespace dcgan
