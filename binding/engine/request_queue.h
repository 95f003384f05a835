#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "contract.h"

namespace dcgan {

/// An attempt at an image of a request: the first one, or a further candidate.
struct Draw {
  std::int64_t image = 0;
  std::uint32_t candidate = 0;
};

/// A request for images, and how far it was served.
struct Sampling {
  std::int64_t id = 0;
  SampleRequest request;
  Reply<Images> reply;

  // The queue changes these.
  std::int64_t taken = 0;  // images of which the first candidate was taken
  bool cancelled = false;
  bool answered = false;  // by the queue

  // The engine changes these.
  Images images;
  std::int64_t finished = 0;       // finished images
  std::optional<Failure> failure;  // of an earlier share, kept until the last share answers
};

/// A request for anything but images.
struct Control {
  std::function<void()> run;
  std::function<void(Failure)> reject;
};

/// The images of one request that are made in the same forward pass.
struct Share {
  std::shared_ptr<Sampling> sampling;
  std::vector<Draw> draws;
  std::int64_t count() const { return static_cast<std::int64_t>(draws.size()); }
};

/// The next thing to do: a control request, or the images of one forward pass.
struct Work {
  std::unique_ptr<Control> control;
  std::vector<Share> shares;

  std::int64_t images() const {
    std::int64_t count = 0;
    for (const auto& share : shares) count += share.count();
    return count;
  }
};

/// The requests that wait for a model's thread, in the order in which they came. Requests for images that
/// wait next to each other share forward passes of at most `max_batch` images.
class RequestQueue {
 public:
  RequestQueue(std::int64_t max_batch, std::int64_t max_queue)
      : max_batch_(max_batch), max_queue_(max_queue) {}

  void push(Control control);
  /// Rejects at once with ERR_DCGAN_OVERLOADED if other images wait and these would be too many. Images that
  /// may have to be drawn again count as waiting while they are made. The fixed latent vectors are always
  /// accepted, because the pictures of a training run need them.
  void push(std::shared_ptr<Sampling> sampling);
  /// Removes a request with waiting images and rejects it with ABORTED. If all its images are being made, the
  /// request is answered as usual, unless some have to be drawn again.
  void cancel(std::int64_t id);
  /// Ends the making of a share's images. Puts those that must be drawn again to the end of the queue, behind
  /// the requests that came meanwhile. They have a place there, also if the queue is full.
  void finish(const Share& share, const std::vector<Draw>& again);
  /// Rejects all waiting and all later requests with ERR_DCGAN_DISPOSED.
  void close();
  bool closed() const;

  std::int64_t waiting_images() const;

  /// Takes the next work. Returns false if there is none. A forward pass has at most `most` images, and at
  /// most max_batch.
  bool pop(Work& work, std::int64_t most = std::numeric_limits<std::int64_t>::max());
  /// Waits for an entry, for close(), or for wake().
  void wait();
  /// Ends a wait() from another thread.
  void wake();

 private:
  struct Entry {
    std::unique_ptr<Control> control;
    std::shared_ptr<Sampling> sampling;
    std::vector<Draw> again;  // empty: the first draws of the request, from `taken` on

    std::int64_t images() const;
    std::vector<Draw> take(std::int64_t count);
  };

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> entries_;
  std::vector<std::weak_ptr<Sampling>> current_;  // the requests that the last images were taken of
  std::int64_t max_batch_;
  std::int64_t max_queue_;
  std::int64_t waiting_ = 0;
  std::int64_t undecided_ = 0;  // images that are being made, and may have to be drawn again
  bool closed_ = false;
  bool woken_ = false;
};

}  // namespace dcgan
