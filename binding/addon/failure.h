#pragma once

#include "contract.h"

namespace dcgan {

/// The exception that is being handled, as the failure that a promise rejects with. Not by
/// std::exception_ptr, whose functions are newer than the C++ library that the addon must load with.
Failure current_failure();

}  // namespace dcgan
