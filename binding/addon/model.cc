#include "addon/model.h"

#include "addon/failure.h"

namespace dcgan {

namespace {

/// A model's approximate size in bytes: less if it only serves, more while it trains. V8 sees only the small
/// handle, and would otherwise collect forgotten models too late, when the process has no memory left.
constexpr std::int64_t kWeight = 32 << 20;

}  // namespace

Model::Model(std::shared_ptr<Environment> environment, std::unique_ptr<Engine> engine, Sizes sizes)
    : environment_(std::move(environment)), engine_(std::move(engine)), sizes_(sizes) {
  environment_->models.insert(this);
}

Model::~Model() {
  end();
  environment_->models.erase(this);
}

void Model::end() {
  if (ended()) return;
  last_position_ = engine_->position();
  last_stats_ = engine_->stats();
  last_stats_.waiting = 0;
  engine_.reset();
}

Napi::Value Model::wrap(Napi::Env env, std::unique_ptr<Model> model) {
  auto* owned = model.release();
  Napi::MemoryManagement::AdjustExternalMemory(env, kWeight);
  auto handle = Napi::External<Model>::New(env, owned, [](Napi::BasicEnv env, Model* data) {
    delete data;
    Napi::MemoryManagement::AdjustExternalMemory(env, -kWeight);
  });
  owned->handle_ = Napi::Reference<Napi::External<Model>>::New(handle, 0);
  return handle;
}

void Model::expect(Napi::Env env) {
  mailbox().expect(env);
  if (pending_++ == 0) handle_.Ref();
}

void Model::settle(Napi::Env env) {
  mailbox().settle(env);
  if (--pending_ == 0) handle_.Unref();
}

/// Carries an event of an epoch to JavaScript.
class Event : public Message {
 public:
  using Make = std::function<Napi::Object(Napi::Env)>;

  // The pointer stays valid: the epoch's promise keeps the model, and it is settled after these messages.
  Event(Model* model, std::int64_t id, Make make) : model_(model), id_(id), make_(std::move(make)) {}

  void deliver(Napi::Env env) override {
    const Napi::HandleScope scope(env);
    const auto found = model_->listeners_.find(id_);
    if (found == model_->listeners_.end() || found->second.failure) return;
    try {
      found->second.callback.Call({make_(env)});
    } catch (...) {
      found->second.failure = current_failure();
      if (!model_->ended()) model_->engine().cancel_epoch();
    }
  }

 private:
  Model* model_;
  std::int64_t id_;
  Make make_;
};

/// Sends the events of an epoch from the engine's thread to JavaScript.
class JsObserver : public EpochObserver {
 public:
  JsObserver(Model* model, std::int64_t id) : model_(model), id_(id) {}

  void on_progress(std::int64_t step, std::int64_t batch, std::vector<Losses> losses) override {
    post([=, losses = std::move(losses)](Napi::Env env) {
      return event(env, "progress", step, batch, losses);
    });
  }

  void on_snapshot(std::int64_t step, std::int64_t batch, std::vector<Losses> losses,
                   std::vector<std::uint8_t> pixels) override {
    post([=, losses = std::move(losses), pixels = std::move(pixels)](Napi::Env env) {
      auto object = event(env, "snapshot", step, batch, losses);
      object.Set("pixels", to_js(env, pixels));
      return object;
    });
  }

  void on_checkpoint(State state) override {
    post([state = std::make_shared<State>(std::move(state))](Napi::Env env) {
      auto object = Napi::Object::New(env);
      object.Set("kind", "checkpoint");
      object.Set("state", to_js(env, *state));
      return object;
    });
  }

 private:
  static Napi::Object event(Napi::Env env, const char* kind, std::int64_t step, std::int64_t batch,
                            const std::vector<Losses>& losses) {
    auto object = Napi::Object::New(env);
    object.Set("kind", kind);
    object.Set("step", static_cast<double>(step));
    object.Set("batch", static_cast<double>(batch));
    object.Set("losses", to_js(env, losses));
    return object;
  }

  void post(Event::Make make) {
    model_->mailbox().post(std::make_unique<Event>(model_, id_, std::move(make)));
  }

  Model* model_;
  std::int64_t id_;
};

std::shared_ptr<EpochObserver> Model::observe(std::int64_t id, Napi::Function callback) {
  listeners_[id].callback = Napi::Persistent(callback);
  return std::make_shared<JsObserver>(this, id);
}

std::optional<Failure> Model::forget(std::int64_t id) {
  auto listener = listeners_.extract(id);
  return listener ? std::move(listener.mapped().failure) : std::nullopt;
}

}  // namespace dcgan
