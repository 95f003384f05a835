#include "peers/c10d.h"

#if __has_include(<torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>)
#define DCGAN_C10D

// LibTorch's own sources are compiled with it where they have Gloo.
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "peers/weak.h"
#endif

namespace dcgan {

#ifdef DCGAN_C10D

// The functions of c10d that we use.
DCGAN_WEAK(tcp_store,
           "_ZN4c10d8TCPStoreC1ENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEERKNS_15TCPStoreOptionsE");
DCGAN_WEAK(prefix_store,
           "_ZN4c10d11PrefixStoreC1ENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEN3c1013intrusive_"
           "ptrINS_5StoreENS7_6detail34intrusive_target_default_null_typeIS9_EEEE");
DCGAN_WEAK(gloo_group,
           "_ZN4c10d16ProcessGroupGlooC1ERKN3c1013intrusive_ptrINS_5StoreENS1_6detail34intrusive_target_"
           "default_null_typeIS3_EEEEiiNS2_INS0_7OptionsENS5_ISA_EEEE");
DCGAN_WEAK(gloo_options,
           "_ZN4c10d16ProcessGroupGloo7Options14create_defaultENSt6chrono8durationIlSt5ratioILl1ELl1000EEEE");

static void require_c10d() {
  for (const auto* symbol : {&tcp_store, &prefix_store, &gloo_group, &gloo_options}) {
    if (symbol != nullptr) continue;
    throw Error(
        "ERR_DCGAN_NATIVE",
        "This LibTorch was built without its distributed engine (c10d with Gloo). Use another one: npx "
        "libtorch-dcgan setup");
  }
}

StorePtr open_store(const PeerPlace& place, std::chrono::milliseconds timeout) {
  require_c10d();
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(place.port);
  options.isServer = place.serves_store;
  options.waitWorkers = false;
  options.timeout = timeout;
  // Without this, its calls of libuv would reach Node's libuv.
  options.useLibUV = false;
  return c10::make_intrusive<c10d::TCPStore>(place.address, options);
}

BackendPtr make_backend(const PeerPlace& place, const StorePtr& store, const std::string& name,
                        std::chrono::milliseconds timeout) {
  require_c10d();
  const StorePtr own = c10::make_intrusive<c10d::PrefixStore>(place.prefix + name, store);
  auto options = c10d::ProcessGroupGloo::Options::create_default(timeout);
  options->threads = 1;
  return c10::make_intrusive<c10d::ProcessGroupGloo>(own, place.rank, place.count, std::move(options));
}

#else

[[noreturn]] static void missing() {
  throw Error("ERR_DCGAN_NATIVE", "The addon was built with a LibTorch without c10d");
}

StorePtr open_store(const PeerPlace&, std::chrono::milliseconds) { missing(); }

BackendPtr make_backend(const PeerPlace&, const StorePtr&, const std::string&, std::chrono::milliseconds) {
  missing();
}

#endif

std::string words_of(const std::exception& error) {
  const auto* own = dynamic_cast<const c10::Error*>(&error);
  std::string words = own == nullptr ? error.what() : own->what_without_backtrace();
  words = words.substr(0, words.find('\n'));
  const auto place = words.find("] ");
  return words.starts_with('[') && place != std::string::npos ? words.substr(place + 2) : words;
}

}  // namespace dcgan
