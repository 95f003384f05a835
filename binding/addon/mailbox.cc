#include "addon/mailbox.h"

#include <memory>

namespace dcgan {

Mailbox::Mailbox(Napi::Env env)
    : channel_(Napi::ThreadSafeFunction::New(env, Napi::Function::New(env, [](const Napi::CallbackInfo&) {}),
                                             "libtorch-dcgan", 0, 1)) {
  channel_.Unref(env);
}

void Mailbox::post(Letter letter) {
  if (closed_) return;
  auto* data = new Letter(std::move(letter));
  const auto deliver = [](Napi::Env env, Napi::Function, Letter* delivered) {
    const std::unique_ptr<Letter> owner(delivered);
    // Without an environment JavaScript has ended: what the letter holds is freed, and that is all.
    if (static_cast<napi_env>(env) != nullptr) (*delivered)(env);
  };
  if (channel_.NonBlockingCall(data, deliver) != napi_ok) delete data;
}

void Mailbox::expect(Napi::Env env) {
  if (owed_++ == 0) channel_.Ref(env);
}

void Mailbox::settle(Napi::Env env) {
  if (--owed_ == 0) channel_.Unref(env);
}

}  // namespace dcgan
