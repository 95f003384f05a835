#pragma once

/// Declares a symbol of LibTorch's weak, so that the engine also loads with a LibTorch that was built without
/// it. Then `&name` is null. A reference is weak if its symbol is declared weak in the same file.
#define DCGAN_WEAK(name, symbol) extern "C" const char name __asm__(symbol) __attribute__((weak))
