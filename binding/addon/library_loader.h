#pragma once

#include <string>

#include "contract.h"

namespace dcgan {

/// Opens LibTorch's libraries in this folder by absolute path, then the training library next to the addon.
/// It finds its dependencies already loaded, so no path to LibTorch is compiled in. After a success, later
/// calls do nothing: a process has one LibTorch. Throws Error with the dynamic loader's message.
void open_library(const std::string& folder);

/// Returns the training library's functions. Throws Error before open_library().
const TrainingLibrary& library();

}  // namespace dcgan
