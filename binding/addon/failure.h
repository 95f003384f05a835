#pragma once

#include "contract.h"

namespace dcgan {

/// Returns the exception that is being handled as the failure that a promise rejects with.
Failure current_failure();

}  // namespace dcgan
