import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DCGAN, type HyperParams, type SaveOptions } from '../../lib/index.js'
import { largestDifference } from '../support/dcgan.js'
import { refused } from '../support/failure.js'
import { sharedFolder } from '../support/folder.js'

/** A Python with torch, numpy and safetensors. */
const python = process.env.DCGAN_PYTHON
const folder = sharedFolder()
const file = (name: string) => join(folder, name)

/** The programs of docs/state-file.md by the name in their first line. */
function programs(): Map<string, string> {
  const text = readFileSync(join(__dirname, '../../docs/state-file.md'), 'utf8')
  const blocks = [...text.matchAll(/```python\n# (\w+\.py).*\n([\s\S]*?)```/g)]
  return new Map(blocks.map(([, name, code]) => [name as string, code as string]))
}

const images = new Uint8Array(40 * 784).map((_, i) => (i * 31 + (i >> 7)) % 256)

/** Every kind of file that `save()` writes, by what the model has and what is saved of it. */
const KINDS: [string, Partial<HyperParams>, SaveOptions | undefined][] = [
  ['a whole model', {}, undefined],
  ['a whole model with an average', { emaDecay: 0.9 }, undefined],
  ['a generator', {}, { only: 'generator' }],
  ['an average alone', { emaDecay: 0.9 }, { only: 'generator' }],
  ['a generator in half precision', {}, { only: 'generator', half: true }],
  ['a generator of ten latent dimensions', { latentDim: 10 }, { only: 'generator' }],
  ['a class-conditional generator', { latentDim: 10, classes: 3 }, { only: 'generator' }],
  ['a whole model of ten latent dimensions with an average', { latentDim: 10, emaDecay: 0.9 }, undefined],
]

/** A model with everything that a step can be made of. */
const ALL_OPTIONS: Partial<HyperParams> = {
  latentDim: 10,
  classes: 3,
  loss: 'relativistic',
  r1: [0.3, 0.2],
  r2: 0.1,
  mismatch: [0.5, 0.3],
  discSteps: 2,
  emaDecay: 0.9,
  beta1: 0.5,
  genLr: [0.0002, 0.0001],
}

;(python === undefined ? describe.skip : describe)('PyTorch, by the programs of docs/state-file.md,', () => {
  it.each(KINDS)(
    'makes the same 25 images out of %s, and writes a file that is read here',
    async (_, hparams, options) => {
      const gan = new DCGAN({ seed: 7, batchSize: 8, device: 'cpu', threads: 1, ...hparams })
      const { latentDim } = gan.hparams
      const latents = Float32Array.from({ length: 25 * latentDim }, (_, i) => Math.sin(i * i) * 2)
      let served: DCGAN | undefined
      let theirs: DCGAN | undefined
      try {
        // Enough steps that the average differs from the weights by more than rounding.
        for (let epoch = 0; epoch < 4; epoch++)
          await gan.trainEpoch({
            images,
            labels: images.subarray(0, 40).map(level => level % 3),
            count: 40,
            width: 28,
            height: 28,
          })
        await gan.save(file('digits.safetensors'), options)
        writeFileSync(file('latents.f32'), latents)
        const labels = Uint8Array.from({ length: 25 }, (_, i) => i % 3)
        writeFileSync(file('labels.u8'), labels)
        const wanted = { latents, ...(hparams.classes && { labels }) }
        const code = programs()
        writeFileSync(file('all.py'), `${code.get('load.py')}\n${code.get('save.py')}`)
        execFileSync(python as string, ['all.py'], { cwd: folder })

        served = await DCGAN.load(file('digits.safetensors'), { precision: 'float32', device: 'cpu' })
        const { pixels } = await served.sample(25, wanted)
        expect(readFileSync(file('pixels.u8')).length).toBe(25 * 784)
        expect(largestDifference(pixels, readFileSync(file('pixels.u8')))).toBeLessThanOrEqual(1)
        expect(new Set(pixels).size).toBeGreaterThan(20)

        theirs = await DCGAN.load(file('mine.safetensors'), { precision: 'float32', device: 'cpu' })
        expect(largestDifference((await theirs.sample(25, wanted)).pixels, pixels)).toBe(0)
        await refused(theirs.trainEpoch(), 'ERR_DCGAN_WRONG_STATE')
      } finally {
        await Promise.all([gan, served, theirs].map(model => model?.dispose()))
      }
    },
  )
})

const STEPS: [string, Partial<HyperParams>, number][] = [
  ['the first step of all', {}, 0],
  ['the first step of the second epoch', { labelSmoothing: 0.1 }, 5],
  ['a step with mismatched labels', { classes: 3, mismatch: 0.5 }, 3],
  ['a step in the middle of an epoch, with every option', ALL_OPTIONS, 7],
  ['the last step of an epoch, with fewer images', { ...ALL_OPTIONS, loss: 'bce', dropout: 0.45 }, 9],
]

;(python === undefined ? describe.skip : describe)('PyTorch, by docs/state-file.md alone,', () => {
  it.each(STEPS)('repeats %s', async (_, hparams, stepsBefore) => {
    const gan = new DCGAN({ seed: 2 ** 40 + 7, batchSize: 8, device: 'cpu', epochs: 9, ...hparams })
    const labels = Uint8Array.from({ length: 38 }, (_, i) => i % 3)
    const dataset = { images: images.subarray(0, 38 * 784), labels, count: 38, width: 28, height: 28 }
    try {
      for (const [name, maxSteps] of [
        ['before', stepsBefore],
        ['after', 1],
      ] as const) {
        if (maxSteps > 0) await gan.train({ dataset, maxSteps, outputDir: null })
        await gan.save(file(`${name}.safetensors`))
      }
    } finally {
      await gan.dispose()
    }
    writeFileSync(file('images.u8'), dataset.images)
    writeFileSync(file('step-labels.u8'), labels)
    const program = join(__dirname, 'repeat_step.py')
    const names = ['before.safetensors', 'after.safetensors', 'images.u8', 'step-labels.u8']
    const answer = execFileSync(python as string, [program, ...names], { cwd: folder, encoding: 'utf8' })
    const distances: [string, number][] = Object.entries(JSON.parse(answer))
    expect(distances.length).toBeGreaterThan(40)
    // A relativistic loss does not depend on the last bias: its gradient is rounding alone.
    const exact = distances.filter(
      ([name]) => hparams.loss !== 'relativistic' || !name.includes('discriminator.linear.bias'),
    )
    // Adam moves a weight with a gradient near 0 by its sign, which rounding decides: hence not 1e-4.
    expect(exact.filter(([, distance]) => !(distance < 2e-3))).toEqual([])
  })
})
