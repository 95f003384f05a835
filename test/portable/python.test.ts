import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DCGAN } from '../../lib/index'
import { wasmEngine } from '../../lib/wasm/engine'
import { kept, labelled, tiny } from '../support/dcgan'
import { folder } from '../support/folder'

/** A Python with PyTorch, safetensors, onnx and onnxruntime. */
const python = process.env.DCGAN_PYTHON ?? ''
const there = python !== '' && spawnSync(python, ['-c', 'import onnx, onnxruntime, torch']).status === 0

const COUNT = 100

/** The program of docs/state-file.md that builds the generator in PyTorch. */
function loadProgram(): string {
  const text = readFileSync(join(__dirname, '../../docs/state-file.md'), 'utf8')
  return /```python\n# load\.py\n([\s\S]*?)```/.exec(text)?.[1] as string
}

async function trained(classes: number): Promise<DCGAN> {
  const gan = tiny({ classes, latentDim: 12, threads: 1 })
  for (let epoch = 0; epoch < 4; epoch++) await gan.trainEpoch(labelled(40, 10))
  return gan
}

;(there ? describe : describe.skip)("Python's onnx and onnxruntime", () => {
  test.each([
    ['the shipped weights', () => DCGAN.pretrained({ device: 'cpu', threads: 1 })],
    ['a class-conditional generator', () => trained(10)],
    ['an unconditional generator', () => trained(0)],
  ])('accept the model of %s, and make its images as PyTorch does', async (_, make) => {
    const gan = kept(await make())
    const { latentDim, classes } = gan.hparams
    const out = folder()
    const file = (name: string) => join(out, name)
    const latents = new Float32Array(wasmEngine.latents(7, 0, COUNT, latentDim))
    const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % 10)
    const { pixels } = await gan.sample(COUNT, { latents, ...(classes > 0 && { labels }) })
    await gan.save(file('digits.safetensors'), { only: 'generator' })
    writeFileSync(file('load.py'), loadProgram())
    writeFileSync(file('latents.f32'), latents)
    writeFileSync(file('labels.u8'), labels)
    writeFileSync(file('sampled.u8'), pixels)
    const models = { 'float32.onnx': {}, 'half.onnx': { half: true } }
    for (const [name, options] of Object.entries(models)) {
      await gan.exportOnnx(file(name), options)
      await gan.exportOnnx(file(`uint8-${name}`), { ...options, output: 'uint8' })
    }
    const names = Object.keys(models).flatMap(name => [name, `uint8-${name}`])
    const args = [join(__dirname, 'check_onnx.py'), out, ...names]
    const answer = JSON.parse(execFileSync(python, args, { encoding: 'utf8', stdio: 'pipe' }))

    for (const name of names) {
      expect([name, answer[name]]).toEqual([
        name,
        expect.objectContaining({
          opset: 13,
          ir: 7,
          unknown: [],
          inputs: classes > 0 ? ['latents', 'labels'] : ['latents'],
          shape: ['N', 1, 28, 28],
          dtype: name.startsWith('uint8') ? 'uint8' : 'float32',
        }),
      ])
    }
    for (const [name, limit] of [
      ['float32.onnx', 1e-5],
      ['half.onnx', 2e-3],
    ] as const) {
      expect(answer[name].pytorch).toBeLessThan(limit)
      expect(answer[name].ours).toBeLessThan(limit)
    }
    expect(answer['uint8-float32.onnx'].levels).toBeLessThanOrEqual(1)
    expect(answer['uint8-half.onnx'].levels).toBeLessThanOrEqual(1)
  })
})
