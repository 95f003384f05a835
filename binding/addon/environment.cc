#include "addon/environment.h"

#include <cstdlib>
#include <new>

namespace dcgan {

namespace {

/// Bytes that V8's garbage collection may need for itself.
constexpr std::size_t kRoom = std::size_t{32} << 20;

/// Throws std::bad_alloc if `size` bytes cannot be allocated. The pointer is volatile, because the compiler
/// would otherwise remove an allocation that is freed at once.
void require_memory(std::size_t size) {
  void* volatile probe = std::malloc(size);
  if (probe == nullptr) throw std::bad_alloc();
  std::free(probe);
}

}  // namespace

std::shared_ptr<Environment> Environment::make(Napi::Env env) {
  auto* environment = new std::shared_ptr<Environment>(std::make_shared<Environment>(env));
  env.SetInstanceData(environment);
  return *environment;
}

const std::shared_ptr<Environment>& Environment::of(Napi::Env env) {
  return *env.GetInstanceData<std::shared_ptr<Environment>>();
}

Environment::Environment(Napi::Env env)
    : mailbox(env), array_buffer_(Napi::Persistent(env.Global().Get("ArrayBuffer").As<Napi::Function>())) {
  // The environment frees the constructor itself when it ends.
  array_buffer_.SuppressDestruct();
}

Napi::ArrayBuffer Environment::new_buffer(std::size_t size) const {
  // If memory is short, V8 collects garbage. It ends the process if it has no memory for that.
  if (size >= kRoom / 32) require_memory(size + kRoom);
  // JavaScript's constructor throws if memory is short; napi_create_arraybuffer would end the process.
  try {
    const auto length = Napi::Number::New(array_buffer_.Env(), static_cast<double>(size));
    return array_buffer_.New({length}).As<Napi::ArrayBuffer>();
  } catch (const Napi::Error&) {
    throw std::bad_alloc();
  }
}

}  // namespace dcgan
