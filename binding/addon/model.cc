#include "addon/model.h"

#include "addon/convert.h"

namespace dcgan {

namespace {

/// Bytes that a model has, roughly: less where it only serves, more while it trains. V8 sees a handle alone,
/// and would let forgotten models pile up until the process has no memory left.
constexpr std::int64_t kWeight = 32 << 20;

}  // namespace

Model::Model(std::shared_ptr<Environment> environment, std::unique_ptr<Engine> engine)
    : environment_(std::move(environment)), engine_(std::move(engine)) {
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

/// Tells JavaScript what an epoch does, from the engine's thread.
class JsObserver : public EpochObserver {
 public:
  JsObserver(Model* model, std::int64_t id) : model_(model), id_(id) {}

  void on_progress(std::int64_t step, std::int64_t batch, Losses losses) override {
    post([=](Napi::Env env) { return event(env, "progress", step, batch, losses); });
  }

  void on_snapshot(std::int64_t step, std::int64_t batch, Losses losses,
                   std::vector<std::uint8_t> pixels) override {
    post([=, pixels = std::move(pixels)](Napi::Env env) {
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
                            Losses losses) {
    auto object = Napi::Object::New(env);
    object.Set("kind", kind);
    object.Set("step", static_cast<double>(step));
    object.Set("batch", static_cast<double>(batch));
    object.Set("discLoss", losses.disc);
    object.Set("genLoss", losses.gen);
    return object;
  }

  void post(std::function<Napi::Object(Napi::Env)> make) {
    // The model outlives its letters: it is kept by the epoch's promise, which is settled after them.
    model_->environment_->mailbox.post([model = model_, id = id_, make = std::move(make)](Napi::Env env) {
      const Napi::HandleScope scope(env);
      const auto callback = model->callbacks_.find(id);
      if (callback != model->callbacks_.end()) callback->second.Call({make(env)});
    });
  }

  Model* model_;
  std::int64_t id_;
};

std::shared_ptr<EpochObserver> Model::observe(std::int64_t id, Napi::Function callback) {
  callbacks_[id] = Napi::Persistent(callback);
  return std::make_shared<JsObserver>(this, id);
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

template <class T>
std::pair<Napi::Promise, Reply<T>> Model::owe(Napi::Env env, std::function<void()> settled) {
  const auto deferred = Napi::Promise::Deferred::New(env);
  environment_->mailbox.expect(env);
  if (owed_++ == 0) handle_.Ref();
  // What these capture may be freed on any thread: plain pointers, and no references into JavaScript.
  Reply<T> reply = [this, deferred, settled = std::move(settled)](std::variant<T, Failure> outcome) {
    auto shared = std::make_shared<std::variant<T, Failure>>(std::move(outcome));
    environment_->mailbox.post([this, deferred, settled, shared](Napi::Env letter_env) {
      const Napi::HandleScope scope(letter_env);
      environment_->mailbox.settle(letter_env);
      if (settled) settled();
      if (std::holds_alternative<T>(*shared)) {
        deferred.Resolve(to_js(letter_env, std::get<T>(*shared)));
      } else {
        deferred.Reject(to_js(letter_env, std::get<Failure>(*shared)));
      }
      if (--owed_ == 0) handle_.Unref();
    });
  };
  return {deferred.Promise(), std::move(reply)};
}

using Settled = std::function<void()>;
template std::pair<Napi::Promise, Reply<Done>> Model::owe(Napi::Env, Settled);
template std::pair<Napi::Promise, Reply<State>> Model::owe(Napi::Env, Settled);
template std::pair<Napi::Promise, Reply<EpochResult>> Model::owe(Napi::Env, Settled);
template std::pair<Napi::Promise, Reply<std::vector<std::uint8_t>>> Model::owe(Napi::Env, Settled);
template std::pair<Napi::Promise, Reply<std::vector<HostTensor>>> Model::owe(Napi::Env, Settled);

}  // namespace dcgan
