#include "engine/epoch_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

namespace dcgan {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kProgressInterval{100};

void check_finite(const std::vector<Losses>& losses, std::int64_t first_step) {
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const auto& [disc_loss, gen_loss, on_real, on_fake, r1, r2] = losses[i];
    if (std::isfinite(disc_loss) && std::isfinite(gen_loss) && std::isfinite(r1) && std::isfinite(r2))
      continue;
    const auto penalties =
        r1 == 0 && r2 == 0 ? "" : ", gradient penalties " + std::to_string(r1) + " and " + std::to_string(r2);
    throw Error(
        "ERR_DCGAN_DIVERGED",
        "Training diverged at step " + std::to_string(first_step + static_cast<std::int64_t>(i)) +
            ": discriminator loss " + std::to_string(disc_loss) + ", generator loss " +
            std::to_string(gen_loss) + penalties +
            ". Lower discLr and genLr, or try beta1 0.5, and start again from a checkpoint before it");
  }
}

/// Returns how many steps, from this one on, can be made until a snapshot or checkpoint is due.
std::int64_t steps_to_event(const EpochRequest& request, std::int64_t step) {
  auto steps = std::numeric_limits<std::int64_t>::max();
  if (request.snapshot_every > 0) {
    const auto after = step % request.snapshot_every;
    steps = after == 0 ? 1 : request.snapshot_every - after + 1;
  }
  if (request.checkpoint_every > 0) {
    steps = std::min(steps, request.checkpoint_every - step % request.checkpoint_every);
  }
  return steps;
}

}  // namespace

EpochResult run_epoch(TrainingModel& model, const EpochRequest& request, EpochObserver& observer,
                      const EpochHost& host) {
  const auto begin = Clock::now();
  if (request.restart) model.restart();
  model.begin_epoch();
  const auto first_batch = model.position().batch;
  const auto first_step = model.position().step;
  const auto steps = model.epoch_steps();

  EpochResult result;
  result.epoch = model.position().epoch + 1;
  const auto end = request.max_steps > 0 ? std::min(steps, first_batch + request.max_steps) : steps;
  auto reported_at = Clock::time_point{};
  auto batch = first_batch;
  auto reported = first_batch;
  const auto unreported = [&] { return model.losses(std::exchange(reported, batch), batch); };
  while (batch < end && !model.agree_to_stop(host.cancelled())) {
    const auto next = first_step + (batch - first_batch);
    const auto made = model.step(std::min(end - batch, steps_to_event(request, next)));
    const auto step = next + made - 1;
    batch += made;
    host.publish(model.position());
    if (host.checks_steps) check_finite(model.losses(batch - made, batch), next);

    const auto now = Clock::now();
    const bool checkpoint = request.checkpoint_every > 0 && (step + 1) % request.checkpoint_every == 0;
    if (request.snapshot_every > 0 && step % request.snapshot_every == 0) {
      observer.on_snapshot(step, batch, unreported(), host.snapshot());
      reported_at = now;
    } else if (now - reported_at >= kProgressInterval || batch == end || checkpoint) {
      // The losses of a checkpoint's steps must come before it.
      observer.on_progress(step, batch, unreported());
      reported_at = now;
    }
    if (checkpoint) {
      host.await_checkpoint();
      observer.on_checkpoint(host.state());
    }
    host.serve();
  }

  // If the epoch was cancelled, some losses have not been reported.
  if (reported < batch) observer.on_progress(first_step + (batch - first_batch) - 1, batch, unreported());

  result.losses = model.losses(first_batch, batch);
  check_finite(result.losses, first_step);
  result.batch = batch;
  result.finished = batch == end;
  result.capture_failure = model.capture_failure();
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return result;
}

}  // namespace dcgan
