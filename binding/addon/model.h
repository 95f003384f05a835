#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "addon/convert.h"
#include "addon/environment.h"
#include "addon/napi_setup.h"
#include "contract.h"

namespace dcgan {

/// Called on Node's thread when an answer has come, before its promise is settled. A failure that it returns
/// is what the promise rejects with.
using Settled = std::function<std::optional<Failure>()>;

/// A model as Node's thread sees it: its engine, and the promises and callbacks that the engine owes. All of
/// it is touched on Node's thread alone; what the engine sends comes through the mailbox.
class Model {
 public:
  Model(std::shared_ptr<Environment> environment, std::unique_ptr<Engine> engine, Sizes sizes);
  ~Model();

  /// The JavaScript handle of a new model. It is kept while an answer is owed: garbage collection must not
  /// take a model at work.
  static Napi::Value wrap(Napi::Env env, std::unique_ptr<Model> model);

  Engine& engine() { return *engine_; }
  Mailbox& mailbox() { return environment_->mailbox; }
  const Sizes& sizes() const { return sizes_; }
  /// Stops and joins the engine's thread: at most a step from now. How far the model was stays readable.
  void end();
  bool ended() const { return engine_ == nullptr; }
  Position position() const { return engine_ ? engine_->position() : last_position_; }
  Stats stats() const { return engine_ ? engine_->stats() : last_stats_; }

  /// An answer is owed, or was given: until then the handle and the process are kept.
  void expect(Napi::Env env);
  void settle(Napi::Env env);

  /// An observer that passes an epoch's events to `callback`. An event that cannot be passed on ends the
  /// epoch.
  std::shared_ptr<EpochObserver> observe(std::int64_t id, Napi::Function callback);
  /// Ends that, and returns what went wrong in it.
  std::optional<Failure> forget(std::int64_t id);
  std::int64_t next_id() { return ++last_id_; }

 private:
  friend class Event;

  /// FunctionReferences must die on Node's thread, so the engine's observer knows them by number alone.
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
  int owed_ = 0;
  Napi::Reference<Napi::External<Model>> handle_;
  std::map<std::int64_t, Listener> listeners_;
};

}  // namespace dcgan
