#include "peers/heartbeat.h"

namespace dcgan {

namespace {

constexpr std::chrono::milliseconds kInterval{250};

}  // namespace

Heartbeat::Heartbeat(BackendPtr backend) : backend_(std::move(backend)), thread_([this] { run(); }) {}

Heartbeat::~Heartbeat() {
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::string Heartbeat::over() const {
  const std::lock_guard lock(mutex_);
  return over_;
}

void Heartbeat::run() {
  std::unique_lock lock(mutex_);
  while (over_.empty()) {
    // Waiting by the steady clock needs a newer C library than the one that the engine must load with.
    changed_.wait_until(lock, std::chrono::system_clock::now() + kInterval, [this] { return leaving_; });
    const bool leaving = leaving_;
    lock.unlock();
    std::string over;
    try {
      if (beat(leaving)) over = "it left the run";
    } catch (const std::exception& error) {
      over = words_of(error);
    }
    lock.lock();
    over_ = over;
  }
}

bool Heartbeat::beat(bool leaving) {
  std::vector<torch::Tensor> count{torch::tensor({leaving ? 1 : 0}, torch::kInt32)};
  backend_->allreduce(count)->wait();
  return count[0].item<int>() > 0;
}

}  // namespace dcgan
