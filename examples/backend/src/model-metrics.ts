import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { DCGAN, EpochMessage, SampleMessage, StepMessage } from 'libtorch-dcgan'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

const SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]

/** Turns the messages of the library's diagnostics channels about this app's models into metrics. */
export class ModelMetrics {
  readonly #isOurs: (gan: DCGAN) => boolean
  readonly #subscriptions: (() => void)[] = []

  /** `isOurs`: channels belong to the process, where other apps may have models too. */
  constructor(registry: Registry, isOurs: (gan: DCGAN) => boolean) {
    this.#isOurs = isOurs
    const registers = [registry]
    const counter = (name: string, help: string) => new Counter({ name, help, registers })
    const images = counter('dcgan_images_total', 'Images sampled')
    const samples = new Histogram({
      name: 'dcgan_sample_duration_seconds',
      help: 'Time from a request for images to its end',
      labelNames: ['result'],
      buckets: SECONDS,
      registers,
    })
    this.#on<SampleMessage>('sample', ({ count, seconds, error }) => {
      samples.observe({ result: error === undefined ? 'done' : 'failed' }, seconds)
      if (error === undefined) images.inc(count)
    })

    const steps = counter('dcgan_training_steps_total', 'Training steps made')
    const epochs = counter('dcgan_training_epochs_total', 'Epochs trained')
    const speed = new Gauge({
      name: 'dcgan_training_images_per_second',
      help: 'Training images per second, over the last ten seconds of training',
      registers,
    })
    const loss = new Gauge({
      name: 'dcgan_training_loss',
      help: 'Loss of the last training step',
      labelNames: ['network'],
      registers,
    })
    this.#on<StepMessage>('step', ({ discLoss, genLoss, imagesPerSecond }) => {
      steps.inc()
      speed.set(imagesPerSecond)
      loss.set({ network: 'discriminator' }, discLoss)
      loss.set({ network: 'generator' }, genLoss)
    })
    this.#on<EpochMessage>('epoch', () => epochs.inc())
  }

  close(): void {
    for (const end of this.#subscriptions.splice(0)) end()
  }

  #on<T extends { model: DCGAN }>(channel: string, take: (message: T) => void): void {
    const name = `libtorch-dcgan:${channel}`
    const listener = (message: unknown) => {
      if (this.#isOurs((message as T).model)) take(message as T)
    }
    subscribe(name, listener)
    this.#subscriptions.push(() => unsubscribe(name, listener))
  }
}
