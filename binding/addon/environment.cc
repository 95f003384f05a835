#include "addon/environment.h"

#include <cstdlib>
#include <new>

namespace dcgan {

namespace {

/// What V8's garbage collection may need for itself.
constexpr std::size_t kRoom = std::size_t{32} << 20;

/// Throws std::bad_alloc where there is no memory for so many bytes. Volatile, or the compiler would take
/// what is freed at once for granted.
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
  // It ends with its environment, which frees what it refers to.
  array_buffer_.SuppressDestruct();
}

Napi::ArrayBuffer Environment::new_buffer(std::size_t size) const {
  // Where memory is short V8 collects garbage, and ends the process if it has none for that either.
  if (size >= kRoom / 32) require_memory(size + kRoom);
  // JavaScript's own constructor throws then; napi_create_arraybuffer would end the process.
  try {
    const auto length = Napi::Number::New(array_buffer_.Env(), static_cast<double>(size));
    return array_buffer_.New({length}).As<Napi::ArrayBuffer>();
  } catch (const Napi::Error&) {
    throw std::bad_alloc();
  }
}

}  // namespace dcgan
