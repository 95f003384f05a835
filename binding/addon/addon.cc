// The flat table of exports. lib/native/types.ts types it.

#include <system_error>

#include "addon/answers.h"
#include "addon/failure.h"
#include "addon/fields.h"
#include "addon/library_loader.h"
#include "addon/model.h"
#include "addon/napi_setup.h"
#include "addon/promise.h"
#include "addon/requests.h"
#include "exceptions.h"
#include "random/latents.h"

namespace dcgan {

namespace {

/// Calls `function`. Throws its failures as { code, message }, the form in which promises reject with them.
template <Napi::Value (*function)(const Napi::CallbackInfo&)>
Napi::Value guarded(const Napi::CallbackInfo& info) {
  try {
    return function(info);
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw Napi::Error(info.Env(), to_js(info.Env(), current_failure()));
  }
}

Model& any_model(const Napi::CallbackInfo& info) { return *info[0].As<Napi::External<Model>>().Data(); }

Model& model_of(const Napi::CallbackInfo& info) {
  auto& model = any_model(info);
  if (model.ended()) throw disposed();
  return model;
}

Napi::Value load(const Napi::CallbackInfo& info) {
  open_library(info[0].As<Napi::String>());
  return info.Env().Undefined();
}

Napi::Value describe(const Napi::CallbackInfo& info) { return to_js(info.Env(), library().info()); }

std::unique_ptr<Engine> start(Config config, const TrainingLibrary* training) {
  try {
    return std::make_unique<Engine>(std::move(config), training);
  } catch (const std::system_error&) {
    throw Error(
        "ERR_DCGAN_NATIVE",
        "The process cannot start the thread of a model. Dispose of other models, or raise the limit of "
        "threads (ulimit -u, or the limit of the container)");
  }
}

Napi::Value create(const Napi::CallbackInfo& info) {
  const auto& environment = Environment::of(info.Env());
  // end_all() has run, so nothing would end the model's thread.
  if (environment->mailbox.closed()) throw Error("ERR_DCGAN_DISPOSED", "The process is ending");
  const auto given = object(info[0], "the configuration");
  auto config = config_from(given);
  const auto* training = text(given, "engine") == "libtorch" ? &library() : nullptr;
  if (config.peers.count > 1) config.peers = library().numbered(std::move(config.peers));
  const Sizes sizes{config.latent_dim, config.fixed_count, config.classes, config.disc_steps};
  return Model::wrap(info.Env(),
                     std::make_unique<Model>(environment, start(std::move(config), training), sizes));
}

Napi::Value position(const Napi::CallbackInfo& info) { return to_js(info.Env(), any_model(info).position()); }

Napi::Value stats(const Napi::CallbackInfo& info) { return to_js(info.Env(), any_model(info).stats()); }

Napi::Value latents(const Napi::CallbackInfo& info) {
  const auto seed = static_cast<std::uint64_t>(integer(info[0], "seed", 0, kMaxInteger));
  const auto first = static_cast<std::uint64_t>(integer(info[1], "first", 0, kMaxInteger));
  const auto count = integer(info[2], "count", 1, kMaxSize), dim = integer(info[3], "dim", 1, kMaxSize);
  std::vector<float> values(static_cast<std::size_t>(count * dim));
  draw_latents(seed, Stream::kSample, first, count, dim, values.data());
  return to_buffer(info.Env(), values.data(), values.size() * sizeof(float));
}

Napi::Value agreed_seed(const Napi::CallbackInfo& info) {
  const auto own = static_cast<std::uint64_t>(integer(info[1], "seed", 0, kMaxInteger));
  const bool given = info[2].ToBoolean();
  const auto seed = library().agreed_seed(peers_from(object(info[0], "the place")), own, given);
  return Napi::Number::New(info.Env(), static_cast<double>(seed));
}

// Each of the following makes its request before it promises an answer, and throws if the request is invalid.

/// Numbers a request, so that JavaScript can cancel it, and returns { id, promise }.
template <class T, class... Params, class... Args>
Napi::Value job(Napi::Env env, Model& model, void (Engine::*method)(Reply<T>, std::int64_t, Params...),
                Args&&... args) {
  const auto id = model.next_id();
  auto job = Napi::Object::New(env);
  job.Set("id", static_cast<double>(id));
  job.Set("promise", promise(env, model, method, id, std::forward<Args>(args)...));
  return job;
}

std::int64_t id_from(const Napi::CallbackInfo& info) { return integer(info[1], "id", 0, kMaxInteger); }

Napi::Value start_training(const Napi::CallbackInfo& info) {
  auto& model = model_of(info);
  auto choice = runs_on_from(object(info[1], "the choice"));
  return promise(info.Env(), model, &Engine::start_training, library(), std::move(choice));
}

Napi::Value set_dataset(const Napi::CallbackInfo& info) {
  auto& model = model_of(info);
  TrainingSet dataset;
  dataset.count = integer(info[2], "count", 1, kMaxInteger / kImagePixels);
  dataset.images = bytes(info[1], "images", dataset.count * kImagePixels);
  dataset.labels = labels_from(info[3], dataset.count, model.sizes().classes);
  return promise(info.Env(), model, &Engine::set_dataset, std::move(dataset));
}

Napi::Value train_epoch(const Napi::CallbackInfo& info) {
  auto& model = model_of(info);
  const auto request = epoch_request_from(object(info[1], "the request"));
  const auto id = model.next_id();
  auto observer = model.observe(id, info[2].As<Napi::Function>());
  return promise_from<EpochResult>(
      info.Env(), model,
      [&](Engine& engine, Reply<EpochResult> reply) {
        engine.train_epoch(std::move(reply), request, std::move(observer));
      },
      [&model, id] { return model.forget(id); });
}

Napi::Value cancel_epoch(const Napi::CallbackInfo& info) {
  model_of(info).engine().cancel_epoch();
  return info.Env().Undefined();
}

Napi::Value acknowledge_checkpoint(const Napi::CallbackInfo& info) {
  model_of(info).engine().acknowledge_checkpoint();
  return info.Env().Undefined();
}

Napi::Value sample(const Napi::CallbackInfo& info) {
  auto& model = model_of(info);
  return job(info.Env(), model, &Engine::sample,
             sample_request_from(object(info[1], "the request"), model.sizes()));
}

Napi::Value cancel_sample(const Napi::CallbackInfo& info) {
  model_of(info).engine().cancel_sample(id_from(info));
  return info.Env().Undefined();
}

Napi::Value set_classifier(const Napi::CallbackInfo& info) {
  auto& model = model_of(info);
  return promise(info.Env(), model, &Engine::set_classifier, tensors_from(info[1]));
}

Napi::Value begin_evaluation(const Napi::CallbackInfo& info) {
  auto& model = model_of(info);
  auto request = evaluation_request_from(object(info[1], "the request"), model.sizes());
  return job(info.Env(), model, &Engine::begin_evaluation, library(), std::move(request));
}

Napi::Value advance_evaluation(const Napi::CallbackInfo& info) {
  return promise(info.Env(), model_of(info), &Engine::advance_evaluation, id_from(info));
}

Napi::Value begin_classifier(const Napi::CallbackInfo& info) {
  const auto request = object(info[1], "the request");
  const auto classes = integer(request, "classes", 1, kMaxClasses);
  auto set = labelled_images_from(request, classes);
  return job(info.Env(), model_of(info), &Engine::begin_classifier, library(), std::move(set), classes);
}

Napi::Value advance_classifier(const Napi::CallbackInfo& info) {
  return promise(info.Env(), model_of(info), &Engine::advance_classifier, id_from(info));
}

Napi::Value end_evaluation(const Napi::CallbackInfo& info) {
  model_of(info).engine().end_evaluation(id_from(info));
  return info.Env().Undefined();
}

Napi::Value export_state(const Napi::CallbackInfo& info) {
  const auto part =
      info[1].As<Napi::String>().Utf8Value() == "generator" ? StatePart::kGenerator : StatePart::kAll;
  return promise(info.Env(), model_of(info), &Engine::export_state, part);
}

Napi::Value import_state(const Napi::CallbackInfo& info) {
  auto& model = model_of(info);
  const auto given = object(info[1], "the state");
  auto state = state_from(given);
  if (info[2].ToBoolean()) detach_tensors(given);
  return promise(info.Env(), model, &Engine::import_state, std::move(state));
}

Napi::Value probe(const Napi::CallbackInfo& info) {
  auto& model = model_of(info);
  return promise(info.Env(), model, &Engine::probe,
                 probe_request_from(object(info[1], "the request"), model.sizes()));
}

Napi::Value exchange(const Napi::CallbackInfo& info) {
  return promise(info.Env(), model_of(info), &Engine::exchange, info[1].As<Napi::String>().Utf8Value());
}

Napi::Value dispose(const Napi::CallbackInfo& info) {
  auto& model = any_model(info);
  if (model.ended()) {
    const auto deferred = Napi::Promise::Deferred::New(info.Env());
    deferred.Resolve(info.Env().Undefined());
    return deferred.Promise();
  }
  return promise_from<Done>(
      info.Env(), model, [](Engine& engine, Reply<Done> reply) { engine.stop(std::move(reply)); },
      [&model]() -> std::optional<Failure> {
        // When the reply comes, the thread has freed everything, so joining it takes no time.
        model.end();
        return std::nullopt;
      });
}

/// Ends every model of an environment that is about to end.
void end_all(Environment& environment) {
  environment.mailbox.close();
  for (auto* model : environment.models) model->end();
}

/// Returns false if other code emitted 'exit' while the process does not end. Node.js sets `_exiting` before
/// it emits the event.
bool exiting(Napi::Env env) {
  const auto process = env.Global().Get("process");
  const auto value = process.IsObject() ? process.As<Napi::Object>().Get("_exiting") : env.Undefined();
  return !value.IsBoolean() || value.As<Napi::Boolean>().Value();
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  const auto environment = Environment::make(env);
  // When a worker exits, its models must end before the environment does. Hooks run last in, first out: this
  // one runs before Node closes the mailbox's channel.
  env.AddCleanupHook([environment] { end_all(*environment); });
  // process.exit() on the main thread runs no hooks. It runs static destructors, LibTorch's among them, while
  // our threads still compute. The 'exit' event comes before that. An atexit handler would come too late:
  // LibTorch makes statics at first use, and they are destroyed first.
  const auto process = env.Global().Get("process").As<Napi::Object>();
  const auto on_exit = Napi::Function::New(
      env,
      [environment](const Napi::CallbackInfo& info) {
        if (exiting(info.Env())) end_all(*environment);
      },
      "endModels");
  process.Get("on").As<Napi::Function>().Call(process, {Napi::String::New(env, "exit"), on_exit});

  exports.Set("compiledVersion", DCGAN_LIBTORCH_VERSION);
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  add("load", guarded<load>);
  add("info", guarded<describe>);
  add("create", guarded<create>);
  add("position", guarded<position>);
  add("stats", guarded<stats>);
  add("latents", guarded<latents>);
  add("startTraining", guarded<start_training>);
  add("setDataset", guarded<set_dataset>);
  add("trainEpoch", guarded<train_epoch>);
  add("cancelEpoch", guarded<cancel_epoch>);
  add("acknowledgeCheckpoint", guarded<acknowledge_checkpoint>);
  add("sample", guarded<sample>);
  add("cancelSample", guarded<cancel_sample>);
  add("setClassifier", guarded<set_classifier>);
  add("beginEvaluation", guarded<begin_evaluation>);
  add("advanceEvaluation", guarded<advance_evaluation>);
  add("beginClassifier", guarded<begin_classifier>);
  add("advanceClassifier", guarded<advance_classifier>);
  add("endEvaluation", guarded<end_evaluation>);
  add("exportState", guarded<export_state>);
  add("importState", guarded<import_state>);
  add("probe", guarded<probe>);
  add("agreedSeed", guarded<agreed_seed>);
  add("exchange", guarded<exchange>);
  add("dispose", guarded<dispose>);
  return exports;
}

}  // namespace

}  // namespace dcgan

static Napi::Object initialise(Napi::Env env, Napi::Object exports) { return dcgan::init(env, exports); }

NODE_API_MODULE(dcgan, initialise)
