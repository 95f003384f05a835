#include "peers/rendezvous.h"

#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "peers/sockets.h"
#include "peers/store_server.h"

namespace dcgan {

namespace {

using Clock = std::chrono::steady_clock;

/// A scheduler may start one machine minutes after another. LibTorch's own stores wait as long.
constexpr std::chrono::seconds kPatience{300};
constexpr std::chrono::seconds kConnectPatience{1};
constexpr std::chrono::milliseconds kPoll{20};
constexpr std::chrono::milliseconds kTryEvery{200};

constexpr const char* kRefused = "refused";

std::string address_of(const PeerPlace& place) { return place.address + ":" + std::to_string(place.port); }

/// Opens the store, or returns null and why that failed. LibTorch would itself wait for a process that does
/// not listen yet, and print a backtrace for each try.
StorePtr try_to_open(const PeerPlace& place, std::string& why) {
  why = try_to_connect(place.address, place.port, kConnectPatience);
  if (!why.empty()) return {};
  try {
    return open_store(place, kConnectPatience);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    why = words_of(error);
    return {};
  }
}

Error unusable(const std::string& failure, const PeerPlace& place, const std::string& why) {
  return {"ERR_DCGAN_PEER", failure + address_of(place) + " (MASTER_ADDR, MASTER_PORT): " + why +
                                ". Set both to an address of the process with RANK 0 and a free port"};
}

void serve(const PeerPlace& place) {
  try {
    serve_store(listen_at(place.address, place.port));
  } catch (const std::system_error& error) {
    throw unusable("Cannot listen at ", place, error.code().message());
  }
}

StorePtr connect(const PeerPlace& place, const Idle& idle) {
  std::string why;
  for (const auto begin = Clock::now(); Clock::now() - begin <= kPatience;) {
    if (auto store = try_to_open(place, why)) return store;
    if (!idle()) throw given_up();
    std::this_thread::sleep_for(kTryEvery);
  }
  throw unusable("No answer from ", place, why);
}

/// A process's way to a store.
struct Access {
  bool served = false;  // by this process
  StorePtr store;       // null: not connected yet
};

}  // namespace

Error given_up() { return {"ERR_DCGAN_PEER", "Stopped waiting for the other processes of this run"}; }

StorePtr rendezvous_store(const PeerPlace& place, const Idle& idle) {
  // `idle` may call this function again.
  static std::recursive_mutex mutex;
  // Never destroyed, because the stores' threads may outlive static destructors.
  static auto* accesses = new std::map<std::string, Access>();
  const std::lock_guard lock(mutex);
  auto& [served, store] = (*accesses)[address_of(place)];
  if (place.serves_store && !served) {
    serve(place);
    served = true;
  }
  if (!store) store = connect(place, idle);
  return store;
}

void set(const StorePtr& store, const std::string& key, const std::string& value) {
  store->set(key, std::vector<std::uint8_t>(value.begin(), value.end()));
}

std::string set_once(const StorePtr& store, const std::string& key, const std::string& value) {
  const auto found = store->compareSet(key, {}, std::vector<std::uint8_t>(value.begin(), value.end()));
  return {found.begin(), found.end()};
}

void refuse(const StorePtr& store, const PeerPlace& place, const Error& error) {
  set_once(store, place.prefix + kRefused, error.code() + " " + error.what());
  throw error;
}

std::string wait_for(const StorePtr& store, const PeerPlace& place, const std::string& key,
                     const std::string& who, const Idle& idle) {
  const auto begin = Clock::now();
  while (!store->check({key})) {
    if (store->check({place.prefix + kRefused})) {
      const auto bytes = store->get(place.prefix + kRefused);
      const std::string text(bytes.begin(), bytes.end());
      const auto space = text.find(' ');
      throw Error(text.substr(0, space), text.substr(space + 1));
    }
    if (!idle()) refuse(store, place, given_up());
    if (Clock::now() - begin > kPatience) {
      refuse(store, place,
             Error("ERR_DCGAN_PEER", who + " did not come to " + address_of(place) + " within " +
                                         std::to_string(kPatience.count()) +
                                         " seconds. Start as many processes as WORLD_SIZE says"));
    }
    std::this_thread::sleep_for(kPoll);
  }
  const auto bytes = store->get(key);
  return {bytes.begin(), bytes.end()};
}

}  // namespace dcgan
