#pragma once

#include <memory>
#include <set>

#include "addon/mailbox.h"
#include "addon/napi_setup.h"

namespace dcgan {

class Model;

/// The addon's data for one Node environment: the main thread or a worker. Only posting messages is allowed
/// on other threads than Node's.
class Environment {
 public:
  /// Makes the data of an environment. They live as long as the environment.
  static std::shared_ptr<Environment> make(Napi::Env env);
  static const std::shared_ptr<Environment>& of(Napi::Env env);

  explicit Environment(Napi::Env env);

  /// Throws std::bad_alloc if memory is short.
  Napi::ArrayBuffer new_buffer(Napi::Env env, std::size_t size) const;

  Mailbox mailbox;
  std::set<Model*> models;

 private:
  Napi::FunctionReference array_buffer_;
};

}  // namespace dcgan
