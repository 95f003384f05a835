#pragma once

namespace dcgan {

/// Intra-op threads that LibTorch chooses by itself, asked before any model changes them: a model that names
/// no number must not inherit another's.
int default_threads();

}  // namespace dcgan
