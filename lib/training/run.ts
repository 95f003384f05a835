import { DcganError, disposed } from '../errors.js'
import { Callbacks } from '../internal/callbacks.js'
import { channels } from '../internal/diagnostics.js'
import type { Model } from '../native/model.js'
import type { NativeEpoch, NativeEvent } from '../native/types.js'
import type { EpochResult } from './epoch-result.js'
import { type StepLosses, stepLosses } from './losses.js'
import { type Progress, SpeedMeter } from './progress.js'
import type { Records } from './records.js'
import type { Schedule } from './schedule.js'

/** The observers of a run, and where it begins and ends. */
export interface RunOptions {
  onProgress: ((progress: Progress) => void) | undefined
  signal: AbortSignal | undefined
  /** True if the average of the weights, its warm-up and the schedule begin again with this run. */
  restart: boolean
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
  readonly #options: RunOptions
  readonly #records: Records | undefined
  readonly #meter = new SpeedMeter()
  /** Resolves when the files and callbacks of all events so far are done. Never rejects. */
  #work: Promise<void> = Promise.resolve()
  readonly #callbacks = new Callbacks(error => this.#fail(error))
  #failure: { error: unknown } | undefined
  #training = false
  /** False until the first epoch of the run begins. */
  #restarted = false
  #epoch = 0
  #last: EpochResult | undefined
  #reportedAt = -Infinity

  /** Without `records`, the run writes no files. */
  constructor(model: Model, schedule: Schedule, options: RunOptions, records?: Records) {
    this.#model = model
    this.#schedule = schedule
    this.#options = options
    this.#records = records
  }

  /** Trains to the end of the current or the next epoch, or to the run's last step. */
  async epoch(): Promise<EpochResult> {
    const { signal, lastStep = Infinity } = this.#options
    const { snapshotEvery = 0, checkpointEvery = 0 } = this.#records ?? {}
    const restart = this.#options.restart && !this.#restarted
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
    this.#last = done
    if (channels.epoch.hasSubscribers) channels.epoch.publish({ model: this.#model.owner, result: done })
    return done
  }

  /**
   * Writes the picture after the last step, which the tutorial writes too. Waits until the promises of the callbacks have
   * settled. Rejects without waiting if the signal aborts, a callback fails, or the model is disposed of.
   */
  async finish(): Promise<void> {
    if (this.#records?.takesSnapshots) await this.#lastSnapshot(this.#records)
    await this.#callbacks.settled(this.#options.signal, this.#model.ending)
    this.throwIfStopped()
    if (this.#callbacks.pending > 0) throw disposed()
  }

  /** Writes a picture after the last step, and reports it. */
  async #lastSnapshot(records: Records): Promise<void> {
    const { step, batch: begun } = this.#model.position
    const batch = begun === 0 ? this.#schedule.stepsPerEpoch : begun
    const { discLosses, genLosses } = this.#last as EpochResult
    const path = await records.writeSnapshot(step, await this.#model.sampleFixed())
    const discLoss = discLosses.at(-1) as number
    const genLoss = genLosses.at(-1) as number
    this.#report({ step, batch, discLoss, genLoss }, path, true)
  }

  /**
   * Reports a step to `onProgress`, if it has a snapshot, ends the run, or comes a tenth of a second after the previous
   * report. `last`: this is the final report of the run. With snapshots, it is the report of the picture after the last
   * step.
   */
  #report(step: Step, snapshot?: string, last = !this.#records?.takesSnapshots): void {
    const { onProgress, signal } = this.#options
    if (this.#failure !== undefined || signal?.aborted || this.#model.disposed) return
    const end = last && step.step === this.#totalSteps(step)
    if (snapshot === undefined && !end && performance.now() - this.#reportedAt < PROGRESS_MS) return
    this.#reportedAt = performance.now()
    this.#callbacks.call(() => onProgress?.(this.#progress(step, snapshot)))
  }

  /** Throws the error of a file or a callback, or the reason of an aborted signal. */
  throwIfStopped(): void {
    if (this.#failure !== undefined) throw this.#failure.error
    this.#options.signal?.throwIfAborted()
  }

  #on(event: NativeEvent, begin: number): void {
    if (event.kind === 'checkpoint') {
      this.#enqueue(
        () => this.#records?.writeCheckpoint(event.state),
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
      .then(() => this.#records?.writeLosses(step.step, epoch, losses, imagesPerSecond))
      .catch(error => this.#fail(error))
    this.#enqueue(async () => {
      const pixels = event.kind === 'snapshot' ? new Uint8Array(event.pixels) : undefined
      this.#report(step, pixels && (await this.#records?.writeSnapshot(event.step, pixels)))
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
    const { lastStep = Infinity } = this.#options
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
