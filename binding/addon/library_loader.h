#pragma once

#include <string>

#include "contract.h"

namespace dcgan {

/// Opens LibTorch's libraries in this folder by absolute path, then the engine beside the addon, whose own
/// dependencies are then there already: nothing of where LibTorch lies is baked in. Throws Error with the
/// dynamic loader's words. The first folder that works stays: a process has one LibTorch.
void open_library(const std::string& folder);

/// Throws Error before open_library().
const Library& library();

}  // namespace dcgan
