#pragma once

#include <map>
#include <memory>
#include <set>

#include "addon/mailbox.h"
#include "addon/napi_setup.h"
#include "contract.h"

namespace dcgan {

class Model;

/// What one Node environment (the main thread or a worker) has of this addon.
struct Environment {
  explicit Environment(Napi::Env env) : mailbox(env) {}

  Mailbox mailbox;
  std::set<Model*> models;
};

/// A model as Node's thread sees it: its engine, and the promises and callbacks that the engine owes. All of
/// it is touched on Node's thread alone; what the engine sends comes through the mailbox.
class Model {
 public:
  Model(std::shared_ptr<Environment> environment, std::unique_ptr<Engine> engine);
  ~Model();

  /// The JavaScript handle of a new model. It is kept while an answer is owed: garbage collection must not
  /// take a model at work.
  static Napi::Value wrap(Napi::Env env, std::unique_ptr<Model> model);

  Engine& engine() { return *engine_; }
  /// Stops and joins the engine's thread: at most a step from now. How far the model was stays readable.
  void end();
  bool ended() const { return engine_ == nullptr; }
  Position position() const { return engine_ ? engine_->position() : last_position_; }
  Stats stats() const { return engine_ ? engine_->stats() : last_stats_; }

  /// A promise, and the reply that settles it.
  template <class T>
  std::pair<Napi::Promise, Reply<T>> owe(Napi::Env env, std::function<void()> settled = {});

  std::shared_ptr<EpochObserver> observe(std::int64_t id, Napi::Function callback);
  void forget(std::int64_t id) { callbacks_.erase(id); }
  std::int64_t next_id() { return ++last_id_; }

 private:
  friend class JsObserver;

  std::shared_ptr<Environment> environment_;
  std::unique_ptr<Engine> engine_;
  Position last_position_;
  Stats last_stats_;
  std::int64_t last_id_ = 0;
  int owed_ = 0;
  Napi::Reference<Napi::External<Model>> handle_;
  // FunctionReferences must die on Node's thread, so the engine's observer knows them by number alone.
  std::map<std::int64_t, Napi::FunctionReference> callbacks_;
};

}  // namespace dcgan
