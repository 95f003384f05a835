#include "engine/request_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "exceptions.h"

namespace dcgan {

static Failure aborted_failure() {
  return {"ABORTED", "The request was aborted before all of it was served"};
}

/// Returns how many of a share's images may have to be drawn again.
static std::int64_t undecided(const Share& share) {
  return share.sampling->request.min_confidence ? share.count() : 0;
}

std::int64_t RequestQueue::Entry::images() const {
  if (!sampling) return 0;
  return again.empty() ? sampling->request.count - sampling->taken : std::ssize(again);
}

/// Takes the next draws, at most images().
std::vector<Draw> RequestQueue::Entry::take(std::int64_t count) {
  std::vector<Draw> draws;
  if (again.empty()) {
    for (; count > 0; --count) draws.push_back({sampling->taken++, 0});
  } else {
    draws.assign(again.end() - count, again.end());
    again.resize(again.size() - draws.size());
  }
  return draws;
}

// Conditions are signalled under the lock: the thread that wakes up may destroy the queue.

void RequestQueue::push(Control control) {
  {
    std::lock_guard lock(mutex_);
    if (!closed_) {
      entries_.push_back({std::make_unique<Control>(std::move(control)), nullptr, {}});
      changed_.notify_one();
      return;
    }
  }
  control.reject(failure_of(disposed()));
}

void RequestQueue::push(std::shared_ptr<Sampling> sampling) {
  Failure failure;
  {
    std::lock_guard lock(mutex_);
    const auto count = sampling->request.count;
    const auto before = waiting_ + undecided_;
    if (closed_) {
      failure = failure_of(disposed());
    } else if (!sampling->request.fixed && before > 0 && before + count > max_queue_) {
      failure = {"ERR_DCGAN_OVERLOADED", std::to_string(before) + " images wait already, and maxQueue is " +
                                             std::to_string(max_queue_) +
                                             ": try again later, or raise maxQueue"};
    } else {
      waiting_ += count;
      entries_.push_back({nullptr, std::move(sampling), {}});
      changed_.notify_one();
      return;
    }
  }
  sampling->reply(failure);
}

void RequestQueue::cancel(std::int64_t id) {
  std::shared_ptr<Sampling> taken;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(entries_, [&](Entry& entry) {
      if (!entry.sampling || entry.sampling->id != id) return false;
      waiting_ -= entry.images();
      taken = std::move(entry.sampling);
      return true;
    });
    if (!taken) {
      for (const auto& held : current_) {
        if (const auto sampling = held.lock(); sampling && sampling->id == id) sampling->cancelled = true;
      }
      return;
    }
    taken->answered = true;
  }
  taken->reply(aborted_failure());
}

void RequestQueue::finish(const Share& share, const std::vector<Draw>& again) {
  const auto& sampling = share.sampling;
  Failure failure;
  {
    std::lock_guard lock(mutex_);
    undecided_ -= undecided(share);
    if (again.empty() || sampling->answered) return;
    if (!closed_ && !sampling->cancelled) {
      entries_.push_back({nullptr, sampling, again});
      waiting_ += std::ssize(again);
      return;
    }
    sampling->answered = true;
    failure = closed_ ? failure_of(disposed()) : aborted_failure();
  }
  sampling->reply(failure);
}

void RequestQueue::close() {
  std::deque<Entry> rejected;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_ = 0;
    rejected.swap(entries_);
    // A request may have several entries. It is answered once.
    for (auto& entry : rejected) {
      if (entry.sampling && std::exchange(entry.sampling->answered, true)) entry.sampling = nullptr;
    }
    changed_.notify_all();
  }
  for (auto& entry : rejected) {
    if (entry.control) entry.control->reject(failure_of(disposed()));
    if (entry.sampling) entry.sampling->reply(failure_of(disposed()));
  }
}

bool RequestQueue::closed() const {
  std::lock_guard lock(mutex_);
  return closed_;
}

std::int64_t RequestQueue::waiting_images() const {
  std::lock_guard lock(mutex_);
  return waiting_;
}

bool RequestQueue::pop(Work& work, std::int64_t most) {
  std::lock_guard lock(mutex_);
  work = {};
  // The thread that takes work has finished the work before.
  current_.clear();
  undecided_ = 0;
  if (entries_.empty()) return false;
  if (entries_.front().control) {
    work.control = std::move(entries_.front().control);
    entries_.pop_front();
    return true;
  }
  std::int64_t left = std::min(max_batch_, most);
  while (left > 0 && !entries_.empty() && entries_.front().sampling) {
    auto& entry = entries_.front();
    const auto images = entry.images();
    const auto count = std::min(left, images);
    work.shares.push_back({entry.sampling, entry.take(count)});
    current_.push_back(entry.sampling);
    undecided_ += undecided(work.shares.back());
    left -= count;
    waiting_ -= count;
    if (count == images) entries_.pop_front();
  }
  return true;
}

void RequestQueue::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || woken_ || !entries_.empty(); });
  woken_ = false;
}

void RequestQueue::wake() {
  std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

}  // namespace dcgan
