#pragma once

#include <torch/torch.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contract.h"
#include "random/slice.h"

namespace c10d {
class Store;
}

namespace dcgan {

/// The processes of a distributed run, seen from one of them. All of them make the same calls in the same
/// order, on their models' threads. If another process ends, hangs or leaves, this call and all later ones
/// throw ERR_DCGAN_PEER.
class Peers {
 public:
  /// Connects to nobody yet. `place`: numbered. `device`: where this process trains.
  Peers(PeerPlace place, torch::Device device);
  /// Leaves the run.
  ~Peers();

  /// Waits until all processes have come, and connects them. From then on each notices when another ends.
  /// Calls `idle` while it waits. After a failure, later calls throw the same error.
  void join(const Idle& idle);

  /// Joins, and returns the texts of all processes, by rank.
  std::vector<std::string> exchange(const std::string& text, const Idle& idle);

  /// Divides a mini-batch into contiguous slices, of sizes that differ by one at most, and returns this
  /// process's. If there are fewer images than processes, each process computes all of them, and only the
  /// sums of the first process count.
  Slice divide(std::int64_t images);
  /// Sums, in place, what all processes computed for the mini-batch that was divided last. All get the same
  /// bits.
  void sum(const torch::Tensor& values);
  /// Returns true if any process answers yes.
  bool any(bool answer);

 private:
  struct Connection;

  void meet(const Idle& idle);
  void announce(const c10::intrusive_ptr<c10d::Store>& store) const;
  bool each_has_own_gpu(const c10::intrusive_ptr<c10d::Store>& store, const Idle& idle) const;
  void reduce(const torch::Tensor& values, const Idle& idle);

  PeerPlace place_;
  torch::Device device_;
  bool announced_ = false;
  std::optional<Error> failure_;  // of join()
  bool counts_ = true;            // false: sum() takes zeros from this process
  std::unique_ptr<Connection> connection_;
};

/// Returns the place of the process's next model. Called on Node's thread.
PeerPlace numbered(PeerPlace place);

/// Returns the seed of the first process. Waits for that process, unless the seed is `given`. All processes
/// make this call once for each model, in the same order, on Node's thread.
std::uint64_t agreed_seed(const PeerPlace& place, std::uint64_t seed, bool given);

}  // namespace dcgan
