#include "engine/failure.h"

#include <c10/util/Exception.h>

#include "exceptions.h"

namespace dcgan {

/// LibTorch's message without its backtrace.
static std::string message_of(const c10::Error& error) {
  const std::string words = error.what_without_backtrace();
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) == nullptr) return words;
  return "The GPU has too little free memory. Lower batchSize or maxBatch, end other programs on it, or set "
         "device to 'cpu'. LibTorch says: " +
         words;
}

Failure engine_failure() { return failure_in_hand<c10::Error>(message_of); }

}  // namespace dcgan
