import { DcganError, disposed } from '../errors.js'
import type { Evaluation } from '../evaluation/index.js'
import { Callbacks } from '../internal/callbacks.js'
import { channels } from '../internal/diagnostics.js'
import type { Model } from '../native/model.js'
import type { NativeEpoch, NativeEvent, NativeState } from '../native/types.js'
import { type StepLosses, stepLosses } from './losses.js'
import { type Progress, SpeedMeter } from './progress.js'
import type { Schedule } from './schedule.js'

/** The result of one pass over the data set. */
export interface EpochResult {
  /** Number of the epoch, from 1. */
  epoch: number
  /** Steps of this call: a whole epoch, the rest of an epoch that was begun before, or as many as `maxSteps` allowed. */
  steps: number
  /** Mean of `discLosses`. */
  discLoss: number
  /** Mean of `genLosses`. */
  genLoss: number
  /** Wall-clock time of these steps, with the sampling between them. */
  seconds: number
  /** Training images per second. */
  imagesPerSecond: number
  /** The discriminator's loss at each step, without gradient penalties. */
  discLosses: Float32Array
  /** The generator's loss at each step. */
  genLosses: Float32Array
}

/** The argument of `onEpoch`. */
export interface EpochSummary extends EpochResult {
  /** The figures after this epoch, if it was evaluated. */
  evaluation?: Evaluation | undefined
}

/** Receives a run's events. */
export interface Sinks {
  onProgress?: ((progress: Progress) => void) | undefined
  signal?: AbortSignal | undefined
  /** Writes the snapshot of this step and returns the path of its file, if it has one. */
  writeSnapshot?: (step: number, pixels: Uint8Array) => Promise<string | undefined>
  snapshotEvery?: number
  writeCheckpoint?: (state: NativeState) => Promise<void>
  checkpointEvery?: number
  /** Writes the losses of the last steps, up to `step`. */
  writeLosses?: (
    step: number,
    epoch: number,
    losses: readonly StepLosses[],
    imagesPerSecond: number,
  ) => Promise<void>
  /** True if the average of the weights, its warm-up and the schedule begin again with this run. */
  restart?: boolean
  /** The run ends after this step of the model, if its last epoch has not ended before. Default Infinity. */
  lastStep?: number
}

interface Step {
  /** Steps that the model has made, this one included. */
  step: number
  /** Steps made in the running epoch. */
  batch: number
  discLoss: number
  genLoss: number
}

/** Less than the 100 ms between two reports of the engine: a report that comes a little early still counts. */
const PROGRESS_MS = 90

/**
 * Drives the engine through epochs. Turns its events into files and callbacks, in order. Stops it when one of them fails
 * or the signal aborts.
 */
export class Run {
  readonly #model: Model
  readonly #schedule: Schedule
  readonly #sinks: Sinks
  readonly #meter = new SpeedMeter()
  /** Resolves when the files and callbacks of all events so far are done. Never rejects. */
  #work: Promise<void> = Promise.resolve()
  readonly #callbacks = new Callbacks(error => this.#fail(error))
  #failure: { error: unknown } | undefined
  #training = false
  /** False until the first epoch of the run begins. */
  #restarted = false
  #epoch = 0
  #reportedAt = -Infinity

  constructor(model: Model, schedule: Schedule, sinks: Sinks) {
    this.#model = model
    this.#schedule = schedule
    this.#sinks = sinks
  }

  /** Trains to the end of the current or the next epoch, or to the run's last step. */
  async epoch(): Promise<EpochResult> {
    const { signal, snapshotEvery = 0, checkpointEvery = 0, lastStep = Infinity } = this.#sinks
    const restart = (this.#sinks.restart ?? false) && !this.#restarted
    this.#restarted = true
    const maxSteps = lastStep === Infinity ? 0 : lastStep - this.#model.position.step
    this.throwIfStopped()
    this.#epoch = this.#model.position.epoch + 1
    const begin = performance.now()
    const cancel = () => this.#model.cancelEpoch()
    signal?.addEventListener('abort', cancel, { once: true })
    this.#training = true
    let result: NativeEpoch
    try {
      result = await this.#model.trainEpoch({ snapshotEvery, checkpointEvery, maxSteps, restart }, event =>
        this.#on(event, begin),
      )
    } finally {
      this.#training = false
      signal?.removeEventListener('abort', cancel)
      await this.#work
    }
    this.throwIfStopped()
    if (!result.finished) throw this.#stoppedByOthers()
    const done = this.#result(result)
    if (channels.epoch.hasSubscribers) channels.epoch.publish({ model: this.#model.owner, result: done })
    return done
  }

  /**
   * Waits until the promises of the callbacks have settled. Rejects without waiting if the signal aborts, a callback
   * fails, or the model is disposed of.
   */
  async finish(): Promise<void> {
    await this.#callbacks.settled(this.#sinks.signal, this.#model.ending)
    this.throwIfStopped()
    if (this.#callbacks.pending > 0) throw disposed()
  }

  /**
   * Reports a step to `onProgress`, if it has a snapshot, ends the run, or comes a tenth of a second after the previous
   * report. `last`: this is the final report of the run. With snapshots, it is the report of the picture after the last
   * step.
   */
  report(step: Step, snapshot?: string, last = this.#sinks.writeSnapshot === undefined): void {
    const { onProgress, signal } = this.#sinks
    if (this.#failure !== undefined || signal?.aborted || this.#model.disposed) return
    const end = last && step.step === this.#totalSteps(step)
    if (snapshot === undefined && !end && performance.now() - this.#reportedAt < PROGRESS_MS) return
    this.#reportedAt = performance.now()
    this.#callbacks.call(() => onProgress?.(this.#progress(step, snapshot)))
  }

  /** Throws the error of a file or a callback, or the reason of an aborted signal. */
  throwIfStopped(): void {
    if (this.#failure !== undefined) throw this.#failure.error
    this.#sinks.signal?.throwIfAborted()
  }

  #on(event: NativeEvent, begin: number): void {
    if (event.kind === 'checkpoint') {
      this.#enqueue(
        () => this.#sinks.writeCheckpoint?.(event.state),
        () => this.#model.acknowledgeCheckpoint(),
      )
      return
    }
    const { batch } = event
    const losses = stepLosses(event.losses)
    const { discLoss, genLoss } = losses.at(-1) as StepLosses
    // Only the first event shows where this call began: with another data set, the epoch begins again.
    if (this.#meter.empty) this.#meter.mark(this.#schedule.imagesAt(this.#epoch - 1, batch - 1), begin)
    this.#meter.mark(this.#schedule.imagesAt(this.#epoch - 1, batch))
    const step = { step: event.step + 1, batch, discLoss, genLoss }
    const epoch = this.#epoch
    const { imagesPerSecond } = this.#meter
    if (channels.step.hasSubscribers) this.#publish(step.step, losses)
    // The log gets these losses even after a failure, because the model keeps these steps.
    this.#work = this.#work
      .then(() => this.#sinks.writeLosses?.(step.step, epoch, losses, imagesPerSecond))
      .catch(error => this.#fail(error))
    this.#enqueue(async () => {
      const pixels = event.kind === 'snapshot' ? new Uint8Array(event.pixels) : undefined
      this.report(step, pixels && (await this.#sinks.writeSnapshot?.(event.step, pixels)))
    })
  }

  /** Publishes the last steps up to `step`. */
  #publish(step: number, losses: readonly StepLosses[]): void {
    const common = {
      model: this.#model.owner,
      epoch: this.#epoch,
      imagesPerSecond: this.#meter.imagesPerSecond,
    }
    for (const [i, values] of losses.entries())
      channels.step.publish({ ...common, step: step - losses.length + 1 + i, ...values })
  }

  #enqueue(task: () => Promise<void> | undefined, finish?: () => void): void {
    this.#work = this.#work
      .then(() => (this.#failure === undefined ? task() : undefined))
      .catch(error => this.#fail(error))
      .finally(finish)
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = { error }
    // A callback may fail long after its run has ended. It must not stop the run that trains then.
    if (this.#training) this.#model.cancelEpoch()
  }

  #progress({ step, batch, discLoss, genLoss }: Step, snapshot?: string): Progress {
    const { epochs, stepsPerEpoch } = this.#schedule
    const epoch = this.#epoch
    const totalSteps = this.#totalSteps({ step, batch })
    const left = this.#schedule.imagesOf(totalSteps - step, epoch, batch)
    const { imagesPerSecond } = this.#meter
    return {
      epoch,
      epochs,
      step,
      stepsPerEpoch,
      totalSteps,
      discLoss,
      genLoss,
      imagesPerSecond,
      etaSeconds: left === 0 ? 0 : left / imagesPerSecond,
      ...(snapshot !== undefined && { snapshot }),
    }
  }

  #totalSteps({ step, batch }: Pick<Step, 'step' | 'batch'>): number {
    const { lastStep = Infinity } = this.#sinks
    return Math.min(lastStep, this.#schedule.totalSteps({ step, epoch: this.#epoch, batch }))
  }

  #stoppedByOthers(): DcganError {
    if (this.#model.disposed) return disposed()
    const { step } = this.#model.position
    return new DcganError(
      'ERR_DCGAN_PEER',
      `Another process of this run stopped training, so all stopped after step ${step}. Train again in all of them to continue`,
    )
  }

  #result(epoch: NativeEpoch): EpochResult {
    const losses = stepLosses(epoch.losses)
    const discLosses = Float32Array.from(losses, ({ discLoss }) => discLoss)
    const genLosses = Float32Array.from(losses, ({ genLoss }) => genLoss)
    const steps = losses.length
    const images = this.#schedule.imagesAt(0, epoch.batch) - this.#schedule.imagesAt(0, epoch.batch - steps)
    return {
      epoch: epoch.epoch,
      steps,
      discLoss: mean(discLosses),
      genLoss: mean(genLosses),
      seconds: epoch.seconds,
      imagesPerSecond: images / epoch.seconds,
      discLosses,
      genLosses,
    }
  }
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
