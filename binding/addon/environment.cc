#include "addon/environment.h"

#include <cstdlib>
#include <new>
#include <optional>

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

/// Calls the constructor of array buffers. Returns nothing if the program has replaced it by another one.
std::optional<Napi::ArrayBuffer> construct(const Napi::Function& constructor, std::size_t size) {
  const auto length = Napi::Number::New(constructor.Env(), static_cast<double>(size));
  const auto made = constructor.New({length});
  if (!made.IsArrayBuffer() || made.As<Napi::ArrayBuffer>().ByteLength() != size) return std::nullopt;
  return made.As<Napi::ArrayBuffer>();
}

/// Returns the constructor of array buffers if it works. It is read from a buffer, because programs and test
/// runners replace the global one.
Napi::FunctionReference constructor_of_buffers(Napi::Env env) {
  try {
    const auto constructor = Napi::ArrayBuffer::New(env, 0).Get("constructor");
    if (constructor.IsFunction() && construct(constructor.As<Napi::Function>(), 1)) {
      return Napi::Persistent(constructor.As<Napi::Function>());
    }
  } catch (const Napi::Error&) {
  }
  return {};
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

Environment::Environment(Napi::Env env) : mailbox(env), array_buffer_(constructor_of_buffers(env)) {
  // The environment frees the constructor itself when it ends.
  array_buffer_.SuppressDestruct();
}

Napi::ArrayBuffer Environment::new_buffer(Napi::Env env, std::size_t size) const {
  // If memory is short, V8 collects garbage. It ends the process if it has no memory for that.
  if (size >= kRoom / 32) require_memory(size + kRoom);
  // JavaScript's constructor throws if memory is short; napi_create_arraybuffer would end the process.
  try {
    if (!array_buffer_.IsEmpty()) {
      if (const auto buffer = construct(array_buffer_.Value(), size)) return *buffer;
    }
  } catch (const Napi::Error&) {
    throw std::bad_alloc();
  }
  return Napi::ArrayBuffer::New(env, size);
}

}  // namespace dcgan
