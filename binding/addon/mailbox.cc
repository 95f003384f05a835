#include "addon/mailbox.h"

namespace dcgan {

void Mailbox::deliver(Napi::Env env, Napi::Function, void*, Message* delivered) {
  const std::unique_ptr<Message> message(delivered);
  // Without an environment, JavaScript has ended, and the message is only freed.
  if (static_cast<napi_env>(env) != nullptr) message->deliver(env);
}

Mailbox::Mailbox(Napi::Env env) : channel_(Channel::New(env, "libtorch-dcgan", 0, 1)) { channel_.Unref(env); }

void Mailbox::post(std::unique_ptr<Message> message) {
  if (!closed_ && channel_.NonBlockingCall(message.get()) == napi_ok) message.release();
}

void Mailbox::expect(Napi::Env env) {
  if (pending_++ == 0) channel_.Ref(env);
}

void Mailbox::settle(Napi::Env env) {
  if (--pending_ == 0) channel_.Unref(env);
}

}  // namespace dcgan
