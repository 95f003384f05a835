#include "peers/c10d.h"

#if __has_include(<torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>)
#define DCGAN_C10D

// LibTorch's own sources are compiled with it where they have Gloo.
#define USE_C10D_GLOO
#include <cstdlib>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "peers/sockets.h"
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
DCGAN_WEAK(gloo_own_options,
           "_ZN4c10d16ProcessGroupGloo7OptionsC1ENSt6chrono8durationIlSt5ratioILl1ELl1000EEEE");
DCGAN_WEAK(gloo_device,
           "_ZN4c10d16ProcessGroupGloo23createDeviceForHostnameERKNSt7__cxx1112basic_stringIcSt11char_"
           "traitsIcESaIcEEEb");

static void require_c10d() {
  for (const auto* symbol :
       {&tcp_store, &prefix_store, &gloo_group, &gloo_options, &gloo_own_options, &gloo_device}) {
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
  options.waitWorkers = false;
  options.timeout = timeout;
  // Without this, its calls of libuv would reach Node's libuv.
  options.useLibUV = false;
  return c10::make_intrusive<c10d::TCPStore>(place.address, options);
}

/// Gloo listens at one address of each process: the one that GLOO_SOCKET_IFNAME chooses, or the one from
/// which this process reaches the store, or the address of this machine's name.
static c10::intrusive_ptr<c10d::ProcessGroupGloo::Options> gloo_options_of(
    const PeerPlace& place, std::chrono::milliseconds timeout) {
  using Gloo = c10d::ProcessGroupGloo;
  const auto address =
      std::getenv("GLOO_SOCKET_IFNAME") == nullptr ? address_towards(place.address) : std::string();
  if (address.empty()) return Gloo::Options::create_default(timeout);
  auto options = Gloo::Options::create(timeout);
  options->devices.push_back(Gloo::createDeviceForHostname(address));
  return options;
}

BackendPtr make_backend(const PeerPlace& place, const StorePtr& store, const std::string& name,
                        std::chrono::milliseconds timeout) {
  require_c10d();
  const StorePtr own = c10::make_intrusive<c10d::PrefixStore>(place.prefix + name, store);
  auto options = gloo_options_of(place, timeout);
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
  std::string message = own == nullptr ? error.what() : own->what_without_backtrace();
  message = message.substr(0, message.find('\n'));
  const auto place = message.find("] ");
  return message.starts_with('[') && place != std::string::npos ? message.substr(place + 2) : message;
}

}  // namespace dcgan
