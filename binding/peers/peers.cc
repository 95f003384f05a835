#include "peers/peers.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <numeric>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "peers/c10d.h"
#include "peers/heartbeat.h"
#include "peers/nccl.h"
#include "peers/rendezvous.h"

namespace dcgan {

namespace {

using Clock = std::chrono::steady_clock;

/// How often a process that waits for a sum checks that the others are alive.
constexpr std::chrono::milliseconds kLook{250};
/// How long a sum waits for processes that the heartbeat finds alive, but that make no step.
constexpr std::chrono::minutes kSumTimeout{30};

constexpr auto kPatient = [] { return true; };

/// The models and seeds of each process are numbered. Equal numbers belong together.
std::atomic<int> models{0};
std::atomic<int> seeds{0};

std::chrono::milliseconds timeout_of(const PeerPlace& place) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(place.timeout * 1000));
}

Error gone(const std::string& why) {
  return {"ERR_DCGAN_PEER", "Another process of this run ended, hangs or cannot be reached: " + why +
                                ". Start all processes again; they continue from the last checkpoint"};
}

/// The store's key for the name of a process's GPU.
std::string gpu_key(const PeerPlace& place, int rank) { return place.prefix + "gpu/" + std::to_string(rank); }

std::string rank_name(int rank) { return "The process with RANK " + std::to_string(rank); }

/// Calls `work`, and turns LibTorch's exceptions into the failure of another process.
template <class Work>
auto reaching(const Work& work) {
  try {
    return work();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw gone(words_of(error));
  }
}

}  // namespace

/// Groups of the same processes: one for sums in the host's memory, one for sums on GPUs, one for the
/// heartbeat.
struct Peers::Connection {
  Connection(const PeerPlace& place, const StorePtr& store, bool gpus)
      : sums(make_backend(place, store, "sums", timeout_of(place))),
        gpu_sums(gpus ? make_nccl_backend(place, store, "gpus") : nullptr),
        heartbeat(std::in_place, make_backend(place, store, "heartbeat", timeout_of(place))) {
    // The short timeout was for connecting. A sum has to wait for the slowest process.
    sums->setTimeout(kSumTimeout);
  }

  ~Connection() {
    heartbeat.reset();
    // Also ends a sum that hangs. The regular end of a group would wait for the other processes.
    if (gpu_sums) gpu_sums->abort();
    if (!pending) return;
    // A sum cannot be cancelled, and the group's destructor waits for it. If a process hangs, that could take
    // half an hour, so another thread waits.
    std::thread([group = std::move(sums)]() mutable { group.reset(); }).detach();
  }

  void sum(const torch::Tensor& values, const Idle& idle) {
    std::vector<torch::Tensor> tensors{values};
    const auto work = sums->allreduce(tensors);
    pending = true;
    finish(*work, idle, [&] {
      try {
        work->wait(kLook);
      } catch (const std::exception&) {
        // Either it is time for a look, or the sum failed. isCompleted() says which.
      }
    });
    pending = false;
    work->wait(kLook);  // throws if the sum failed
  }

  /// Waits for the GPU at every sum. While one hangs, most calls to the GPU would hang as well.
  void sum_on_gpus(const torch::Tensor& values, const Idle& idle) {
    std::vector<torch::Tensor> tensors{values};
    const auto work = gpu_sums->allreduce(tensors);
    try {
      finish(*work, idle, [] { std::this_thread::yield(); });
    } catch (const Error&) {
      gpu_sums->abort();
      throw;
    }
    work->wait();  // throws if the sum failed
  }

  /// Calls `pause` until the work is done. Throws if a process of the run is gone.
  template <class Pause>
  void finish(c10d::Work& work, const Idle& idle, const Pause& pause) {
    for (const auto begin = Clock::now(); !work.isCompleted();) {
      pause();
      if (work.isCompleted()) break;
      if (const auto over = heartbeat->over(); !over.empty()) throw gone(over);
      if (Clock::now() - begin > kSumTimeout) throw gone("it makes no step");
      if (!idle()) throw given_up();
    }
  }

  BackendPtr sums;
  BackendPtr gpu_sums;  // null: the sums of GPUs go through the host's memory
  std::optional<Heartbeat> heartbeat;
  bool pending = false;
};

PeerPlace numbered(PeerPlace place) {
  place.prefix += "model/" + std::to_string(models++) + "/";
  return place;
}

Peers::Peers(PeerPlace place, torch::Device device) : place_(std::move(place)), device_(device) {}

Peers::~Peers() = default;

void Peers::join(const Idle& idle) {
  if (connection_) return;
  if (failure_) throw Error(*failure_);
  try {
    reaching([&] { meet(idle); });
  } catch (const Error& error) {
    failure_ = error;
    throw;
  }
}

/// `idle` may call this again while it waits here. Whatever that call has done is not repeated.
void Peers::meet(const Idle& idle) {
  const auto store = rendezvous_store(place_, idle);
  if (!std::exchange(announced_, true)) announce(store);
  const bool gpus = each_has_own_gpu(store, idle);
  if (!connection_) connection_ = std::make_unique<Connection>(place_, store, gpus);
}

void Peers::announce(const StorePtr& store) const {
  const auto theirs = set_once(store, place_.prefix + "greeting", place_.greeting);
  if (theirs != place_.greeting) {
    refuse(store, place_,
           Error("ERR_DCGAN_INVALID_ARGUMENT", rank_name(place_.rank) + " has " + place_.greeting +
                                                   ", and another one has " + theirs +
                                                   ". Start all with the same ones"));
  }
  const auto own = place_.prefix + std::to_string(place_.rank);
  if (store->add(own, 1) > 1) {
    refuse(store, place_,
           Error("ERR_DCGAN_INVALID_ARGUMENT", "Two processes have RANK " + std::to_string(place_.rank) +
                                                   ". Give each one of its own, from 0"));
  }
  set(store, gpu_key(place_, place_.rank), nccl_gpu(device_));
}

/// Waits until all processes have announced themselves. Returns the same answer in all of them.
bool Peers::each_has_own_gpu(const StorePtr& store, const Idle& idle) const {
  std::set<std::string> gpus;
  for (int rank = 0; rank < place_.count; ++rank) {
    gpus.insert(wait_for(store, place_, gpu_key(place_, rank), rank_name(rank), idle));
  }
  return gpus.count("") == 0 && std::ssize(gpus) == place_.count;
}

/// Exchanges texts by sums: each process writes its bytes at a place of its own, between zeros.
std::vector<std::string> Peers::exchange(const std::string& text, const Idle& idle) {
  join(idle);
  auto lengths = torch::zeros({place_.count}, torch::kInt64);
  const auto* length = lengths.const_data_ptr<std::int64_t>();
  lengths[place_.rank] = static_cast<std::int64_t>(text.size());
  reduce(lengths, idle);
  auto bytes = torch::zeros({std::accumulate(length, length + place_.count, std::int64_t{0})}, torch::kUInt8);
  auto* byte = bytes.data_ptr<std::uint8_t>();
  std::copy(text.begin(), text.end(), byte + std::accumulate(length, length + place_.rank, std::int64_t{0}));
  reduce(bytes, idle);
  std::vector<std::string> texts;
  for (int rank = 0; rank < place_.count; byte += length[rank++])
    texts.emplace_back(byte, byte + length[rank]);
  return texts;
}

Slice Peers::divide(std::int64_t images) {
  counts_ = images >= place_.count || place_.rank == 0;
  if (images < place_.count) return {0, images, images};
  const auto size = images / place_.count;
  const auto larger = images % place_.count;
  return {place_.rank * size + std::min<std::int64_t>(place_.rank, larger),
          size + (place_.rank < larger ? 1 : 0), images};
}

void Peers::sum(const torch::Tensor& values) {
  torch::NoGradGuard no_grad;
  if (!counts_) values.zero_();
  reduce(values, kPatient);
}

bool Peers::any(bool answer) {
  auto count = torch::tensor({answer ? 1 : 0}, torch::kInt32);
  reduce(count, kPatient);
  return count.item<int>() > 0;
}

void Peers::reduce(const torch::Tensor& values, const Idle& idle) {
  reaching([&] {
    if (values.is_cpu()) {
      connection_->sum(values, idle);
    } else if (connection_->gpu_sums) {
      connection_->sum_on_gpus(values, idle);
    } else {
      const auto host = values.cpu();
      connection_->sum(host, idle);
      values.copy_(host);
    }
  });
}

std::uint64_t agreed_seed(const PeerPlace& place, std::uint64_t seed, bool given) {
  const auto key = place.prefix + "seed/" + std::to_string(seeds++);
  if (given && place.rank > 0) return seed;
  return reaching([&] {
    const auto store = rendezvous_store(place, kPatient);
    if (place.rank == 0) set(store, key, std::to_string(seed));
    return place.rank == 0 ? seed : std::stoull(wait_for(store, place, key, rank_name(0), kPatient));
  });
}

}  // namespace dcgan
