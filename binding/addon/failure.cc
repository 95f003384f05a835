#include "addon/failure.h"

#include "addon/napi_setup.h"
#include "exceptions.h"

namespace dcgan {

Failure current_failure() {
  return failure_in_hand<Napi::Error>([](const Napi::Error& error) { return error.Message(); });
}

}  // namespace dcgan
