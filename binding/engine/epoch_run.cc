#include "engine/epoch_run.h"

#include <chrono>
#include <cmath>

namespace dcgan {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kProgressInterval{100};

void check_finite(const std::vector<Losses>& losses, std::int64_t first_step) {
  for (std::size_t i = 0; i < losses.size(); ++i) {
    if (std::isfinite(losses[i].disc) && std::isfinite(losses[i].gen)) continue;
    throw Error(
        "ERR_DCGAN_DIVERGED",
        "Training diverged at step " + std::to_string(first_step + static_cast<std::int64_t>(i)) +
            ": discriminator loss " + std::to_string(losses[i].disc) + ", generator loss " +
            std::to_string(losses[i].gen) +
            ". Lower discLr and genLr, or try beta1 0.5, and start again from a checkpoint before it");
  }
}

}  // namespace

EpochResult run_epoch(Trainer& trainer, const EpochRequest& request, EpochObserver& observer,
                      const EpochHost& host) {
  const auto begin = Clock::now();
  trainer.begin_epoch();
  const auto first_batch = trainer.position().batch;
  const auto first_step = trainer.position().step;
  const auto steps = trainer.epoch_steps();
  const bool on_cpu = trainer.networks().device.is_cpu();

  EpochResult result;
  result.epoch = trainer.position().epoch + 1;
  auto told = Clock::time_point{};
  auto batch = first_batch;
  while (batch < steps && !host.cancelled()) {
    trainer.step();
    const auto step = first_step + (batch - first_batch);
    ++batch;
    host.publish(trainer.position());
    if (on_cpu) check_finite(trainer.losses(batch - 1, batch), step);

    const auto now = Clock::now();
    if (request.snapshot_every > 0 && step % request.snapshot_every == 0) {
      observer.on_snapshot(step, batch, trainer.losses(batch - 1, batch)[0], host.snapshot());
      told = now;
    } else if (now - told >= kProgressInterval || batch == steps) {
      observer.on_progress(step, batch, trainer.losses(batch - 1, batch)[0]);
      told = now;
    }
    if (request.checkpoint_every > 0 && (step + 1) % request.checkpoint_every == 0) {
      host.await_checkpoint();
      observer.on_checkpoint(trainer.export_state(StatePart::kAll));
    }
    host.serve();
  }

  const auto losses = trainer.losses(first_batch, batch);
  check_finite(losses, first_step);
  for (const auto& pair : losses) {
    result.disc_losses.push_back(pair.disc);
    result.gen_losses.push_back(pair.gen);
  }
  result.finished = batch == steps;
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return result;
}

}  // namespace dcgan
