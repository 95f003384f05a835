#include "engine/failure.h"

#include <c10/util/Exception.h>

#include "exceptions.h"

namespace dcgan {

Failure engine_failure() {
  return failure_in_hand<c10::Error>([](const c10::Error& error) { return error.what_without_backtrace(); });
}

}  // namespace dcgan
