import { type Dataset, DCGAN, type HyperParamOptions, type TrainingImages } from '../../lib/index'

/** A small model for tests. One thread, because those of several test processes would wait for each other. */
export const TINY = { batchSize: 4, latentDim: 8, seed: 7, device: 'cpu', outputDim: 2, threads: 1 } as const

/** Images with a bright bar each, all of them different. */
export function bars(count: number, first = 0): TrainingImages {
  const images = new Uint8Array(count * 784)
  for (let i = 0; i < count; i++) {
    const row = 4 + ((i + first) % 20)
    images.fill(255 - ((i + first) % 50), i * 784 + row * 28 + 4, i * 784 + (row + 2) * 28 - 4)
  }
  return { images, count, width: 28, height: 28 }
}

/** Bars with labels, one class after another. */
export const labelled = (count: number, classes: number) => ({
  ...bars(count),
  labels: Uint8Array.from({ length: count }, (_, i) => i % classes),
})

/** Three classes that nobody confuses: a band at the top, in the middle or at the bottom, each a little different. */
export function bands(count: number, seed = 0): Dataset {
  const { labels } = labelled(count, 3)
  const images = new Uint8Array(count * 784)
  for (const [i, label] of labels.entries()) {
    images.fill(155 + ((i + seed) % 100), i * 784 + label * 252, i * 784 + label * 252 + 224)
    images[i * 784 + ((i * 7 + seed * 13) % 784)] = 99
  }
  return { images, labels, count, width: 28, height: 28, classNames: ['top', 'middle', 'bottom'] }
}

/** Options that abort a run when it has made so many steps. */
export function stopAt(step: number, reason?: unknown) {
  const controller = new AbortController()
  const onProgress = (progress: { step: number }) => {
    if (progress.step >= step) controller.abort(reason)
  }
  return { signal: controller.signal, onProgress }
}

const models: DCGAN[] = []

/** A model that is disposed of after the test. */
export function tiny(hparams?: HyperParamOptions): DCGAN {
  return kept(new DCGAN({ ...TINY, ...hparams }))
}

export function kept(gan: DCGAN): DCGAN {
  models.push(gan)
  return gan
}

afterEach(() => Promise.all(models.splice(0).map(gan => gan.dispose())))

/** The largest difference between numbers in the same places. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0)
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
