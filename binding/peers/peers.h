#pragma once

#include <torch/torch.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contract.h"
#include "peers/idle.h"
#include "peers/slice.h"

namespace c10d {
class Store;
}

namespace dcgan {

/// The processes of a distributed run, seen from one of them. All of them make the same calls in the same
/// order, on their models' threads. Throws ERR_DCGAN_PEER where another one ends, hangs or leaves; from then
/// on every call does.
class Peers {
 public:
  /// Connects to nobody yet.
  explicit Peers(PeerPlace place);
  /// Leaves the run.
  ~Peers();

  bool first() const { return place_.rank == 0; }

  /// Waits until all processes have come, and connects them: from then on nobody's end goes unnoticed. Calls
  /// `idle` meanwhile. Once it has failed it fails again.
  void join(const Idle& idle);

  /// Joins, and returns every process's text, in the order of their ranks.
  std::vector<std::string> exchange(const std::string& text, const Idle& idle);

  /// Divides a mini-batch: contiguous parts whose sizes differ by one at most. A mini-batch of fewer images
  /// than processes is computed whole by each, and only the first one's sums count.
  Slice divide(std::int64_t images);
  /// Sums over all processes, in place, what they computed of the mini-batch that was divided last. The
  /// result is the same on all of them, bit for bit.
  void sum(const torch::Tensor& values);
  /// Returns true if any process answers yes.
  bool any(bool answer);

 private:
  struct Connection;

  void meet(const Idle& idle);
  void announce(const c10::intrusive_ptr<c10d::Store>& store) const;
  void reduce(const torch::Tensor& values, const Idle& idle);

  PeerPlace place_;
  bool announced_ = false;
  std::optional<Error> failure_;  // of join()
  bool counts_ = true;
  std::unique_ptr<Connection> connection_;
};

/// Returns the first process's seed. Called on Node's thread, once for each model, in the same order
/// everywhere. Waits for the first process where `seed` is not the caller's own choice.
std::uint64_t agreed_seed(const PeerPlace& place, std::uint64_t seed, bool given);

}  // namespace dcgan
