#include "addon/mailbox.h"

namespace dcgan {

void Mailbox::deliver(Napi::Env env, Napi::Function, void*, Letter* delivered) {
  const std::unique_ptr<Letter> letter(delivered);
  // Without an environment, JavaScript has ended, and the letter is only freed.
  if (static_cast<napi_env>(env) != nullptr) letter->deliver(env);
}

Mailbox::Mailbox(Napi::Env env) : channel_(Channel::New(env, "libtorch-dcgan", 0, 1)) { channel_.Unref(env); }

void Mailbox::post(std::unique_ptr<Letter> letter) {
  if (!closed_ && channel_.NonBlockingCall(letter.get()) == napi_ok) letter.release();
}

void Mailbox::expect(Napi::Env env) {
  if (owed_++ == 0) channel_.Ref(env);
}

void Mailbox::settle(Napi::Env env) {
  if (--owed_ == 0) channel_.Unref(env);
}

}  // namespace dcgan
