import { DCGAN, type HyperParamOptions, type TrainingImages } from '../../lib/index'

export * from './failure'
export * from './folder'

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

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
