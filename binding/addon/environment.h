#pragma once

#include <memory>
#include <set>

#include "addon/mailbox.h"
#include "addon/napi_setup.h"

namespace dcgan {

class Model;

/// What one Node environment (the main thread or a worker) has of this addon. Touched on Node's thread alone,
/// but for posting letters.
class Environment {
 public:
  /// Makes the environment's own, which lives as long as it does.
  static std::shared_ptr<Environment> make(Napi::Env env);
  static const std::shared_ptr<Environment>& of(Napi::Env env);

  explicit Environment(Napi::Env env);

  /// Throws std::bad_alloc where there is not so much memory.
  Napi::ArrayBuffer new_buffer(std::size_t size) const;

  Mailbox mailbox;
  std::set<Model*> models;

 private:
  Napi::FunctionReference array_buffer_;
};

}  // namespace dcgan
