import type { NativeConfig, NativeState, NativeTensor } from '../lib/native'
import { native } from '../lib/native'
import { NATIVE_CONFIG } from './native-config'

// The second, independent check of the kernels written by hand: their gradients against central differences of
// the losses, in float64, with dropout on. discLr 0 keeps the discriminator as it is between both losses, so
// that the generator's loss is a function of the generator's weights alone.

const count = 3
const config: NativeConfig = {
  ...NATIVE_CONFIG,
  precision: 'float64',
  threads: 0,
  seed: 5,
  batchSize: count,
  latentDim: 7,
  fixedCount: 1,
  discLr: 0,
  genLr: 0,
}

const latents = Float32Array.from({ length: count * config.latentDim }, (_, i) => Math.sin(i * 1.7) * 1.3)
const images = Uint8Array.from({ length: count * 784 }, (_, i) => (i * 73 + (i >> 4) * 31) % 256)

const values = (tensors: NativeTensor[], name: string): Float64Array => {
  const tensor = tensors.find(candidate => candidate.name === name)
  if (tensor === undefined) throw new Error(`no tensor ${name}`)
  expect(tensor.dtype).toBe('F64')
  return new Float64Array(tensor.data)
}

/** The state with `amount` times a direction (deterministic, of unit length) added to one tensor. */
function moved(state: NativeState, name: string, direction: Float64Array, amount: number): NativeState {
  const tensors = state.tensors.map(tensor =>
    tensor.name === name
      ? {
          ...tensor,
          data: new Float64Array(tensor.data).map((w, i) => w + amount * (direction[i] as number))
            .buffer as ArrayBuffer,
        }
      : tensor,
  )
  return { ...state, tensors }
}

function unitDirection(length: number): Float64Array {
  const raw = Float64Array.from({ length }, (_, i) => Math.sin(i * 12.9898 + 1) + 0.5 * Math.cos(i * 0.37))
  const norm = Math.sqrt(raw.reduce((sum, x) => sum + x * x, 0))
  return raw.map(x => x / norm)
}

const parameters: [network: 'generator' | 'discriminator', name: string][] = [
  ['generator', 'linear.weight'],
  ['generator', 'bn1.weight'],
  ['generator', 'bn1.bias'],
  ['generator', 'conv1.weight'],
  ['generator', 'bn2.weight'],
  ['generator', 'bn2.bias'],
  ['generator', 'conv2.weight'],
  ['generator', 'bn3.weight'],
  ['generator', 'bn3.bias'],
  ['generator', 'conv3.weight'],
  ['discriminator', 'conv1.weight'],
  ['discriminator', 'conv1.bias'],
  ['discriminator', 'conv2.weight'],
  ['discriminator', 'conv2.bias'],
  ['discriminator', 'linear.weight'],
  ['discriminator', 'linear.bias'],
]

describe('gradients of the fused step against finite differences in float64', () => {
  const addon = native()
  const model = addon.create(config)
  let start: NativeState
  let seen: NativeTensor[]

  beforeAll(async () => {
    start = await addon.exportState(model, 'all')
    seen = await addon.probe(model, { latents, images })
  })
  afterAll(() => addon.dispose(model))

  const loss = async (state: NativeState, name: 'disc_loss' | 'gen_loss'): Promise<number> => {
    await addon.importState(model, state)
    return values(await addon.probe(model, { latents, images }), name)[0] as number
  }

  test.each(parameters)('%s.%s', async (network, parameter) => {
    const gradient = values(seen, `grad.${network}.${parameter}`)
    const direction = unitDirection(gradient.length)
    const expected = gradient.reduce((sum, g, i) => sum + g * (direction[i] as number), 0)
    const name = network === 'generator' ? 'gen_loss' : 'disc_loss'
    // Small: a step must not carry an activation across the kink of a ReLU.
    const h = 1e-7
    const tensor = `${network}.${parameter}`
    const after = await loss(moved(start, tensor, direction, h), name)
    const before = await loss(moved(start, tensor, direction, -h), name)
    const difference = (after - before) / (2 * h)
    const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0))
    expect(norm).toBeGreaterThan(0)
    // Against the gradient's own length: a direction may happen to lie across it.
    expect(Math.abs(difference - expected) / norm).toBeLessThan(1e-5)
  })
})
