// The flat table of exports. lib/native.ts types it.

#include "addon/convert.h"
#include "addon/library_loader.h"
#include "addon/model.h"
#include "addon/napi_setup.h"

namespace dcgan {

namespace {

using Info_ = Napi::CallbackInfo;

/// Failures before a promise exists are thrown as { code, message }, like those that reject one.
template <class Work>
auto guarded(Napi::Env env, Work work) {
  try {
    return work();
  } catch (const Error& error) {
    throw Napi::Error(env, to_js(env, Failure{error.code(), error.what()}));
  }
}

std::shared_ptr<Environment>& environment_of(Napi::Env env) {
  return *env.GetInstanceData<std::shared_ptr<Environment>>();
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
  auto& environment = environment_of(info.Env());
  auto engine = guarded(info.Env(), [&] {
    // Nothing would end its thread any more.
    if (environment->mailbox.closed()) throw Error("ERR_DCGAN_DISPOSED", "The process is ending");
    return library().create(config_from(info[0].As<Napi::Object>()));
  });
  return Model::wrap(info.Env(), std::make_unique<Model>(environment, std::move(engine)));
}

Napi::Value device(const Info_& info) {
  return Napi::String::New(info.Env(), model_of(info).engine().device());
}

Napi::Value position(const Info_& info) { return to_js(info.Env(), any_model(info).position()); }

Napi::Value stats(const Info_& info) { return to_js(info.Env(), any_model(info).stats()); }

Napi::Value latents(const Info_& info) {
  const auto seed = static_cast<std::uint64_t>(info[0].As<Napi::Number>().Int64Value());
  const auto values = guarded(info.Env(), [&] {
    return library().latents(seed, info[1].As<Napi::Number>().Int64Value(),
                             info[2].As<Napi::Number>().Int64Value());
  });
  return to_buffer(info.Env(), values.data(), values.size() * sizeof(float));
}

Napi::Value set_dataset(const Info_& info) {
  auto& model = model_of(info);
  const auto images = info[1].As<Napi::Uint8Array>();
  auto [promise, reply] = model.owe<Done>(info.Env());
  model.engine().set_dataset({images.Data(), images.Data() + images.ElementLength()},
                             info[2].As<Napi::Number>().Int64Value(), std::move(reply));
  return promise;
}

Napi::Value train_epoch(const Info_& info) {
  auto& model = model_of(info);
  const auto id = model.next_id();
  auto observer = model.observe(id, info[2].As<Napi::Function>());
  auto [promise, reply] = model.owe<EpochResult>(info.Env(), [&model, id] { model.forget(id); });
  model.engine().train_epoch(epoch_request_from(info[1].As<Napi::Object>()), std::move(observer),
                             std::move(reply));
  return promise;
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
  auto& model = model_of(info);
  const auto id = model.next_id();
  auto [promise, reply] = model.owe<std::vector<std::uint8_t>>(info.Env());
  model.engine().sample(id, sample_request_from(info[1].As<Napi::Object>()), std::move(reply));
  auto job = Napi::Object::New(info.Env());
  job.Set("id", static_cast<double>(id));
  job.Set("promise", promise);
  return job;
}

Napi::Value cancel_sample(const Info_& info) {
  model_of(info).engine().cancel_sample(info[1].As<Napi::Number>().Int64Value());
  return info.Env().Undefined();
}

Napi::Value export_state(const Info_& info) {
  auto& model = model_of(info);
  const auto part =
      info[1].As<Napi::String>().Utf8Value() == "generator" ? StatePart::kGenerator : StatePart::kAll;
  auto [promise, reply] = model.owe<State>(info.Env());
  model.engine().export_state(part, std::move(reply));
  return promise;
}

Napi::Value import_state(const Info_& info) {
  auto& model = model_of(info);
  auto [promise, reply] = model.owe<Done>(info.Env());
  model.engine().import_state(state_from(info[1].As<Napi::Object>()), std::move(reply));
  return promise;
}

Napi::Value probe(const Info_& info) {
  auto& model = model_of(info);
  auto [promise, reply] = model.owe<std::vector<HostTensor>>(info.Env());
  model.engine().probe(probe_request_from(info[1].As<Napi::Object>()), std::move(reply));
  return promise;
}

Napi::Value dispose(const Info_& info) {
  auto* model = &any_model(info);
  if (model->ended()) {
    const auto deferred = Napi::Promise::Deferred::New(info.Env());
    deferred.Resolve(info.Env().Undefined());
    return deferred.Promise();
  }
  // The thread has let go of everything when the reply comes; joining it then takes no time.
  auto [promise, reply] = model->owe<Done>(info.Env(), [model] { model->end(); });
  model->engine().stop(std::move(reply));
  return promise;
}

/// Ends every model of an environment that is about to end.
void end_all(Environment& environment) {
  environment.mailbox.close();
  for (auto* model : environment.models) model->end();
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto* environment = new std::shared_ptr<Environment>(std::make_shared<Environment>(env));
  env.SetInstanceData(environment);
  // Hooks run last in, first out: this one before Node closes the mailbox's channel. A worker that exits
  // comes through here, and no thread of ours may run on into an environment that is gone.
  env.AddCleanupHook([shared = *environment] { end_all(*shared); });
  // process.exit() on the main thread runs no hooks: it goes straight to the static destructors, LibTorch's
  // among them, under threads that still compute. Its 'exit' event comes before. (An atexit handler would
  // come too late: LibTorch makes statics at first use, which are then destroyed first.)
  const auto process = env.Global().Get("process").As<Napi::Object>();
  const auto on_exit =
      Napi::Function::New(env, [shared = *environment](const Info_&) { end_all(*shared); }, "endModels");
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
  add("setDataset", set_dataset);
  add("trainEpoch", train_epoch);
  add("cancelEpoch", cancel_epoch);
  add("acknowledgeCheckpoint", acknowledge_checkpoint);
  add("sample", sample);
  add("cancelSample", cancel_sample);
  add("exportState", export_state);
  add("importState", import_state);
  add("probe", probe);
  add("dispose", dispose);
  return exports;
}

}  // namespace

}  // namespace dcgan

static Napi::Object initialise(Napi::Env env, Napi::Object exports) { return dcgan::init(env, exports); }

NODE_API_MODULE(dcgan, initialise)
