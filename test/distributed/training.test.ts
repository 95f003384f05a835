import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NativeConfig } from '../../lib/native/types'
import { run } from '../process/child'
import { largestDifference } from '../support/dcgan'
import { folder } from '../support/folder'
import { NATIVE_CONFIG } from '../support/native-config'
import { ranks, results } from './support'

// Data-parallel training computes what one process computes: the same sums, step by step, in float64, and the same
// losses within rounding in float32.

const ROOT = join(__dirname, '..', '..')

jest.setTimeout(300_000)

const norm = (x: Float64Array) => Math.sqrt(x.reduce((sum, each) => sum + each * each, 0))

interface Probe {
  config: NativeConfig
  images: number[]
  labels: number[]
  otherLabels: number[]
  latents: number[]
}

/** One step on `count` images that has everything in it: classes, pairs, penalties and two discriminator updates. */
function everything(count: number, kernels: 'auto' | 'plain'): Probe {
  const config: NativeConfig = {
    ...NATIVE_CONFIG,
    precision: 'float64',
    kernels,
    batchSize: count,
    latentDim: 7,
    classes: 3,
    loss: 'relativistic',
    r1: [2],
    r2: [3],
    mismatch: [0.5],
    discSteps: 2,
  }
  return {
    config,
    images: Array.from({ length: count * 784 }, (_, i) => (i * 73 + (i >> 4) * 31) % 256),
    labels: Array.from({ length: count }, (_, i) => i % 3),
    otherLabels: Array.from({ length: 2 * count }, (_, i) => ((i % count) + 1 + (i & 1)) % 3),
    latents: Array.from({ length: 2 * count * 7 }, (_, i) => Math.sin(i * 1.7) * 1.3),
  }
}

/** Makes the probes in each of several processes, which write the gradients and the running statistics to files. */
const probing = (folder: string, probes: Probe[]) => `
  const { writeFileSync } = require('node:fs')
  const { training } = require(${JSON.stringify(join(ROOT, 'dist', 'native', 'engines.js'))})
  const { placeOf } = require(${JSON.stringify(join(ROOT, 'dist', 'native', 'peers.js'))})
  ;(async () => {
    const [addon, peers] = [training(), placeOf('env')]
    for (const [i, { config, images, labels, otherLabels, latents }] of ${JSON.stringify(probes)}.entries()) {
      const model = addon.create({ ...config, peers })
      const of = { images, labels, otherLabels }
      const request = Object.fromEntries(Object.entries(of).map(([key, bytes]) => [key, Uint8Array.from(bytes)]))
      const seen = await addon.probe(model, { ...request, latents: Float32Array.from(latents) })
      const { tensors } = await addon.exportState(model, 'all')
      for (const { name, data } of [...seen, ...tensors]) {
        if (!/^grad\\.|^generator.*running/.test(name)) continue
        writeFileSync(${JSON.stringify(folder)} + '/' + [peers.count, peers.rank, i, name].join('-'), Buffer.from(data))
      }
      await addon.dispose(model)
    }
    console.log('true')
  })()`

function float64s(file: string): Float64Array {
  const { buffer, byteOffset, length } = readFileSync(file)
  return new Float64Array(buffer.slice(byteOffset, byteOffset + length))
}

test.each([
  [2, 5],
  [4, 3],
])('%i processes have the gradients of one in a step on %i images', async (count, images) => {
  const at = folder()
  const script = probing(at, [everything(images, 'auto'), everything(images, 'plain')])
  results(await ranks(1, script))
  results(await ranks(count, script))
  const alone = readdirSync(at).filter(name => name.startsWith('1-0-'))
  expect(alone).toHaveLength(2 * (10 + 7 + 6))
  for (const name of alone) {
    const expected = float64s(join(at, name))
    for (const rank of [0, count - 1]) {
      const found = float64s(join(at, name.replace('1-0-', `${count}-${rank}-`)))
      const off = norm(found.map((x, at) => x - (expected[at] as number)))
      // The relativistic loss does not depend on the last bias: its gradient is a sum of roundings.
      expect([name, off < 1e-11 * norm(expected) + 1e-14]).toEqual([name, true])
    }
  }
})

interface Trained {
  losses: number[]
  state: string
  rank: number
}

const STEPS = 16

/** Trains, and prints the losses and a digest of the state. The last mini-batch of each epoch is smaller. */
const training = (hparams: object) => `
  const { createHash } = require('node:crypto')
  const { readFileSync } = require('node:fs')
  const { tmpdir } = require('node:os')
  const file = tmpdir() + '/' + process.pid + '.safetensors'
  const gan = model({ batchSize: 9, latentDim: 100, epochs: ${STEPS / 8}, ...${JSON.stringify(hparams)} })
  const dataset = { ...images(9 * 7 + 5), labels: Uint8Array.from({ length: 68 }, (_, i) => i % 10) }
  gan.train({ dataset, outputDir: null }).then(async ({ epochs }) => {
    await gan.save(file)
    const losses = epochs.flatMap(({ discLosses, genLosses }) => [...discLosses, ...genLosses])
    const state = createHash('sha256').update(readFileSync(file)).digest('hex')
    require('node:fs').rmSync(file)
    await gan.dispose()
    console.log(JSON.stringify({ losses, state, rank: Number(process.env.RANK) }))
  })`

const RICH = {
  classes: 10,
  mismatch: 0.5,
  loss: 'relativistic',
  r1: 0.5,
  r2: 0.5,
  emaDecay: 0.9,
  discSteps: 2,
  beta1: 0.5,
}

test.each([
  ["the tutorial's", {}],
  ['a conditional, relativistic and penalised', RICH],
])('two processes have the losses of one with %s model', async (_, hparams) => {
  const [alone] = results<Trained>([await run(training(hparams))]) as [Trained]
  const [first, second] = results<Trained>(await ranks(2, training({ ...hparams, distributed: 'env' }))) as [
    Trained,
    Trained,
  ]
  expect(first.losses).toHaveLength(2 * STEPS)
  expect(second).toEqual({ ...first, rank: 1 })
  expect(largestDifference(first.losses, alone.losses)).toBeLessThan(1e-3)
})

test('the same number of processes gives the same bits every time', async () => {
  const script = training({ ...RICH, distributed: 'env', epochs: 1 })
  const first = results<Trained>(await ranks(2, script))
  expect(results<Trained>(await ranks(2, script))).toEqual(first)
})

test('a run of one process is, bit for bit, one that is not distributed', async () => {
  const [alone] = results<Trained>([await run(training({ ...RICH, epochs: 1 }))]) as [Trained]
  const [only] = results<Trained>(await ranks(1, training({ ...RICH, distributed: 'env', epochs: 1 })))
  expect(only).toEqual({ ...alone, rank: 0 })
})
