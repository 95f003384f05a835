// The flat table of exports. lib/native.ts types it.

#include "addon/convert.h"
#include "addon/failure.h"
#include "addon/fields.h"
#include "addon/library_loader.h"
#include "addon/model.h"
#include "addon/napi_setup.h"
#include "addon/promise.h"

namespace dcgan {

namespace {

using Info_ = Napi::CallbackInfo;

/// Failures before a promise exists are thrown as { code, message }, like those that reject one.
template <class Work>
auto guarded(Napi::Env env, Work work) {
  try {
    return work();
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw Napi::Error(env, to_js(env, current_failure()));
  }
}

Model& any_model(const Info_& info) { return *info[0].As<Napi::External<Model>>().Data(); }

Model& model_of(const Info_& info) {
  auto& model = any_model(info);
  if (model.ended()) {
    throw Napi::Error(info.Env(),
                      to_js(info.Env(), Failure{"ERR_DCGAN_DISPOSED", "This DCGAN was disposed"}));
  }
  return model;
}

Napi::Value load(const Info_& info) {
  guarded(info.Env(), [&] { open_library(info[0].As<Napi::String>()); });
  return info.Env().Undefined();
}

Napi::Value describe(const Info_& info) {
  return guarded(info.Env(), [&] { return to_js(info.Env(), library().info()); });
}

Napi::Value create(const Info_& info) {
  return guarded(info.Env(), [&] {
    const auto& environment = Environment::of(info.Env());
    // Nothing would end its thread any more.
    if (environment->mailbox.closed()) throw Error("ERR_DCGAN_DISPOSED", "The process is ending");
    auto config = config_from(object(info[0], "the configuration"));
    const Sizes sizes{config.latent_dim, config.fixed_count, config.classes, config.disc_steps};
    auto engine = library().create(std::move(config));
    return Model::wrap(info.Env(), std::make_unique<Model>(environment, std::move(engine), sizes));
  });
}

Napi::Value device(const Info_& info) {
  return Napi::String::New(info.Env(), model_of(info).engine().device());
}

Napi::Value position(const Info_& info) { return to_js(info.Env(), any_model(info).position()); }

Napi::Value stats(const Info_& info) { return to_js(info.Env(), any_model(info).stats()); }

Napi::Value latents(const Info_& info) {
  return guarded(info.Env(), [&] {
    const auto seed = static_cast<std::uint64_t>(integer(info[0], "seed", 0, kMaxInteger));
    const auto values =
        library().latents(seed, integer(info[1], "count", 1, kMaxSize), integer(info[2], "dim", 1, kMaxSize));
    return to_buffer(info.Env(), values.data(), values.size() * sizeof(float));
  });
}

Napi::Value labels(const Info_& info) {
  return guarded(info.Env(), [&] {
    const auto seed = static_cast<std::uint64_t>(integer(info[0], "seed", 0, kMaxInteger));
    const auto values = library().labels(seed, integer(info[1], "count", 1, kMaxSize),
                                         integer(info[2], "classes", 1, kMaxSize));
    return to_buffer(info.Env(), values.data(), values.size());
  });
}

Napi::Value agreed_seed(const Info_& info) {
  return guarded(info.Env(), [&] {
    const auto own = static_cast<std::uint64_t>(integer(info[1], "seed", 0, kMaxInteger));
    const bool given = info[2].ToBoolean();
    const auto seed = library().agreed_seed(peers_from(object(info[0], "the place")), own, given);
    return Napi::Number::New(info.Env(), static_cast<double>(seed));
  });
}

// Each of these makes its request before it owes an answer: what cannot be made is thrown.

Napi::Value set_dataset(const Info_& info) {
  return guarded(info.Env(), [&] {
    auto& model = model_of(info);
    TrainingSet dataset;
    dataset.count = integer(info[2], "count", 1, kMaxInteger / kImagePixels);
    dataset.images = bytes(info[1], "images", dataset.count * kImagePixels);
    dataset.labels = labels_from(info[3], dataset.count, model.sizes().classes);
    return promise<Fingerprint>(info.Env(), model, [&](Engine& engine, Reply<Fingerprint> reply) {
      engine.set_dataset(std::move(dataset), std::move(reply));
    });
  });
}

Napi::Value train_epoch(const Info_& info) {
  return guarded(info.Env(), [&] {
    auto& model = model_of(info);
    const auto request = epoch_request_from(object(info[1], "the request"));
    const auto id = model.next_id();
    auto observer = model.observe(id, info[2].As<Napi::Function>());
    return promise<EpochResult>(
        info.Env(), model,
        [&](Engine& engine, Reply<EpochResult> reply) {
          engine.train_epoch(request, std::move(observer), std::move(reply));
        },
        [&model, id] { return model.forget(id); });
  });
}

Napi::Value cancel_epoch(const Info_& info) {
  model_of(info).engine().cancel_epoch();
  return info.Env().Undefined();
}

Napi::Value acknowledge_checkpoint(const Info_& info) {
  model_of(info).engine().acknowledge_checkpoint();
  return info.Env().Undefined();
}

Napi::Value sample(const Info_& info) {
  return guarded(info.Env(), [&] {
    auto& model = model_of(info);
    auto request = sample_request_from(object(info[1], "the request"), model.sizes());
    const auto id = model.next_id();
    auto job = Napi::Object::New(info.Env());
    job.Set("id", static_cast<double>(id));
    job.Set("promise", promise<Images>(info.Env(), model, [&](Engine& engine, Reply<Images> reply) {
              engine.sample(id, std::move(request), std::move(reply));
            }));
    return Napi::Value(job);
  });
}

Napi::Value cancel_sample(const Info_& info) {
  return guarded(info.Env(), [&] {
    model_of(info).engine().cancel_sample(integer(info[1], "id", 0, kMaxInteger));
    return info.Env().Undefined();
  });
}

Napi::Value set_classifier(const Info_& info) {
  return guarded(info.Env(), [&] {
    auto& model = model_of(info);
    auto weights = tensors_from(info[1]);
    return promise<Done>(info.Env(), model, [&](Engine& engine, Reply<Done> reply) {
      engine.set_classifier(std::move(weights), std::move(reply));
    });
  });
}

Napi::Value begin_evaluation(const Info_& info) {
  return guarded(info.Env(), [&] {
    auto& model = model_of(info);
    auto request = evaluation_request_from(object(info[1], "the request"), model.sizes());
    const auto id = model.next_id();
    auto job = Napi::Object::New(info.Env());
    job.Set("id", static_cast<double>(id));
    job.Set("promise", promise<Done>(info.Env(), model, [&](Engine& engine, Reply<Done> reply) {
              engine.begin_evaluation(id, std::move(request), std::move(reply));
            }));
    return Napi::Value(job);
  });
}

Napi::Value advance_evaluation(const Info_& info) {
  return guarded(info.Env(), [&] {
    auto& model = model_of(info);
    const auto id = integer(info[1], "id", 0, kMaxInteger);
    using Progress = EvaluationProgress;
    return promise<Progress>(info.Env(), model, [&](Engine& engine, Reply<Progress> reply) {
      engine.advance_evaluation(id, std::move(reply));
    });
  });
}

Napi::Value end_evaluation(const Info_& info) {
  return guarded(info.Env(), [&] {
    model_of(info).engine().end_evaluation(integer(info[1], "id", 0, kMaxInteger));
    return info.Env().Undefined();
  });
}

Napi::Value export_state(const Info_& info) {
  return guarded(info.Env(), [&] {
    const auto part =
        info[1].As<Napi::String>().Utf8Value() == "generator" ? StatePart::kGenerator : StatePart::kAll;
    return promise<State>(info.Env(), model_of(info), [&](Engine& engine, Reply<State> reply) {
      engine.export_state(part, std::move(reply));
    });
  });
}

Napi::Value import_state(const Info_& info) {
  return guarded(info.Env(), [&] {
    auto& model = model_of(info);
    auto state = state_from(object(info[1], "the state"));
    return promise<Done>(info.Env(), model, [&](Engine& engine, Reply<Done> reply) {
      engine.import_state(std::move(state), std::move(reply));
    });
  });
}

Napi::Value probe(const Info_& info) {
  return guarded(info.Env(), [&] {
    auto& model = model_of(info);
    auto request = probe_request_from(object(info[1], "the request"), model.sizes());
    using Tensors = std::vector<HostTensor>;
    return promise<Tensors>(info.Env(), model, [&](Engine& engine, Reply<Tensors> reply) {
      engine.probe(std::move(request), std::move(reply));
    });
  });
}

Napi::Value exchange(const Info_& info) {
  return guarded(info.Env(), [&] {
    auto& model = model_of(info);
    auto text = info[1].As<Napi::String>().Utf8Value();
    using Texts = std::vector<std::string>;
    return promise<Texts>(info.Env(), model, [&](Engine& engine, Reply<Texts> reply) {
      engine.exchange(std::move(text), std::move(reply));
    });
  });
}

Napi::Value dispose(const Info_& info) {
  auto& model = any_model(info);
  if (model.ended()) {
    const auto deferred = Napi::Promise::Deferred::New(info.Env());
    deferred.Resolve(info.Env().Undefined());
    return deferred.Promise();
  }
  return guarded(info.Env(), [&] {
    return promise<Done>(
        info.Env(), model, [](Engine& engine, Reply<Done> reply) { engine.stop(std::move(reply)); },
        [&model]() -> std::optional<Failure> {
          // The thread has let go of everything when the reply comes; joining it then takes no time.
          model.end();
          return std::nullopt;
        });
  });
}

/// Ends every model of an environment that is about to end.
void end_all(Environment& environment) {
  environment.mailbox.close();
  for (auto* model : environment.models) model->end();
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  const auto environment = Environment::make(env);
  // Hooks run last in, first out: this one before Node closes the mailbox's channel. A worker that exits
  // comes through here, and no thread of ours may run on into an environment that is gone.
  env.AddCleanupHook([environment] { end_all(*environment); });
  // process.exit() on the main thread runs no hooks: it goes straight to the static destructors, LibTorch's
  // among them, under threads that still compute. Its 'exit' event comes before. (An atexit handler would
  // come too late: LibTorch makes statics at first use, which are then destroyed first.)
  const auto process = env.Global().Get("process").As<Napi::Object>();
  const auto on_exit =
      Napi::Function::New(env, [environment](const Info_&) { end_all(*environment); }, "endModels");
  process.Get("on").As<Napi::Function>().Call(process, {Napi::String::New(env, "exit"), on_exit});

  exports.Set("compiledVersion", DCGAN_LIBTORCH_VERSION);
  const auto add = [&](const char* name, Napi::Value (*function)(const Info_&)) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  add("load", load);
  add("info", describe);
  add("create", create);
  add("device", device);
  add("position", position);
  add("stats", stats);
  add("latents", latents);
  add("labels", labels);
  add("setDataset", set_dataset);
  add("trainEpoch", train_epoch);
  add("cancelEpoch", cancel_epoch);
  add("acknowledgeCheckpoint", acknowledge_checkpoint);
  add("sample", sample);
  add("cancelSample", cancel_sample);
  add("setClassifier", set_classifier);
  add("beginEvaluation", begin_evaluation);
  add("advanceEvaluation", advance_evaluation);
  add("endEvaluation", end_evaluation);
  add("exportState", export_state);
  add("importState", import_state);
  add("probe", probe);
  add("agreedSeed", agreed_seed);
  add("exchange", exchange);
  add("dispose", dispose);
  return exports;
}

}  // namespace

}  // namespace dcgan

static Napi::Object initialise(Napi::Env env, Napi::Object exports) { return dcgan::init(env, exports); }

NODE_API_MODULE(dcgan, initialise)
