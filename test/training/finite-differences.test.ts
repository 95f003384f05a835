import { training } from '../../lib/native/engines'
import type { NativeConfig, NativeModel, NativeState, NativeTensor } from '../../lib/native/types'
import { norm, numbers } from '../fixtures/parity'
import { NATIVE_CONFIG } from '../support/native-config'
import { stepsInBfloat16 } from './arithmetic'

// The second, independent check of both kinds of step: their gradients against central differences of the losses,
// and against each other, in float64, with dropout on. discLr 0 keeps the discriminator as it is between both
// losses, so that the generator's loss is a function of the generator's weights alone.

const count = 3
const config: NativeConfig = {
  ...NATIVE_CONFIG,
  precision: 'float64',
  threads: 0,
  seed: 5,
  batchSize: count,
  latentDim: 7,
  fixedCount: 1,
  discLr: [0],
  genLr: [0],
}

const TUTORIAL = "the tutorial's loss"
const MISMATCH = 'mismatched labels'
const EVERYTHING = 'classes, the relativistic loss, both penalties and mismatched labels'

const OBJECTIVES: Record<string, Partial<NativeConfig>> = {
  [TUTORIAL]: {},
  'classes and smoothed labels': { classes: 3, labelSmoothing: 0.1 },
  'the relativistic loss': { loss: 'relativistic' },
  'a penalty on real images': { r1: [4] },
  'a penalty on generated images': { r2: [4] },
  [MISMATCH]: { classes: 3, mismatch: [0.7] },
  [EVERYTHING]: {
    classes: 3,
    mismatch: [0.7],
    loss: 'relativistic',
    r1: [2],
    r2: [3],
  },
  'two discriminator updates a step': { discSteps: 2, r1: [1], r2: [1], classes: 3, mismatch: [0.7] },
}

const images = Uint8Array.from({ length: count * 784 }, (_, i) => (i * 73 + (i >> 4) * 31) % 256)
const labels = Uint8Array.of(2, 0, 2)
const wrong = [1, 2, 0, 0, 1, 1] // for two updates

const values = (tensors: NativeTensor[], name: string): Float64Array => {
  const tensor = tensors.find(candidate => candidate.name === name)
  if (tensor === undefined) throw new Error(`no tensor ${name}`)
  expect(tensor.dtype).toBe('F64')
  return new Float64Array(tensor.data)
}

/** The state with other numbers in one tensor, if it has that one. */
function changed(state: NativeState, name: string, change: (w: number, i: number) => number): NativeState {
  const tensors = state.tensors.map(tensor =>
    tensor.name === name && tensor.dtype === 'F64'
      ? { ...tensor, data: new Float64Array(tensor.data).map(change).buffer as ArrayBuffer }
      : tensor,
  )
  return { ...state, tensors }
}

/** The state with `amount` times a direction (deterministic, of unit length) added to one tensor. */
function moved(state: NativeState, name: string, direction: Float64Array, amount: number): NativeState {
  return changed(state, name, (w, i) => w + amount * (direction[i] as number))
}

function unitDirection(length: number): Float64Array {
  const raw = Float64Array.from({ length }, (_, i) => Math.sin(i * 12.9898 + 1) + 0.5 * Math.cos(i * 0.37))
  const own = norm(raw)
  return raw.map(x => x / own)
}

/** A class's vector starts at zero, where the penalty has no gradient through it: small numbers in its place. */
function withProjection(state: NativeState): NativeState {
  return changed(state, 'discriminator.projection', (_, i) => 0.02 * Math.sin(i))
}

async function withModel<T>(
  own: Partial<NativeConfig>,
  use: (model: NativeModel, start: NativeState, probe: () => Promise<NativeTensor[]>) => Promise<T>,
): Promise<T> {
  const addon = training()
  const hparams = { ...config, ...own }
  const model = addon.create(hparams)
  const { latentDim, discSteps } = hparams
  const latents = Float32Array.from(
    { length: discSteps * count * latentDim },
    (_, i) => Math.sin(i * 1.7) * 1.3,
  )
  try {
    const start = withProjection(await addon.exportState(model, 'all'))
    await addon.importState(model, start)
    return await use(model, start, () =>
      addon.probe(model, {
        latents,
        images,
        labels,
        ...(own.mismatch && { otherLabels: Uint8Array.from(wrong.slice(0, discSteps * count)) }),
      }),
    )
  } finally {
    await addon.dispose(model)
  }
}

/** Returns the loss that the parameter's network minimises. */
function objective(seen: NativeTensor[], parameter: string): number {
  if (parameter.startsWith('generator.')) return values(seen, 'gen_loss')[0] as number
  const penalised = seen.some(({ name }) => name === 'penalties')
  const [r1 = 0, r2 = 0] = penalised ? values(seen, 'penalties') : []
  return (values(seen, 'disc_loss')[0] as number) + r1 + r2
}

// The generator's gradients come from its loss alone, whatever else the discriminator learns from.
test.each([
  ['generator', TUTORIAL],
  ['discriminator', TUTORIAL],
  ['discriminator', MISMATCH],
  ['discriminator', EVERYTHING],
])("the %s's gradients in the fused step are those of finite differences, with %s", async (network, name) => {
  const own = OBJECTIVES[name] as Partial<NativeConfig>
  await withModel(own, async (model, start, probe) => {
    const seen = await probe()
    const at = async (state: NativeState, parameter: string) => {
      await training().importState(model, state)
      return objective(await probe(), parameter)
    }
    const gradients = seen.filter(({ name }) => name.startsWith(`grad.${network}.`))
    const parameters = gradients.map(({ name }) => name.slice('grad.'.length))
    expect(parameters).toHaveLength(network === 'generator' ? 10 : own.classes ? 7 : 6)
    for (const parameter of parameters) {
      const gradient = values(seen, `grad.${parameter}`)
      const direction = unitDirection(gradient.length)
      const expected = gradient.reduce((sum, g, i) => sum + g * (direction[i] as number), 0)
      // Small: a step must not carry an activation across the kink of a ReLU.
      const h = 1e-7
      const after = await at(moved(start, parameter, direction, h), parameter)
      const before = await at(moved(start, parameter, direction, -h), parameter)
      // Against the gradient's own length: a direction may happen to lie across it.
      const off = Math.abs((after - before) / (2 * h) - expected)
      expect([parameter, off < 1e-5 * norm(gradient) + 1e-8]).toEqual([parameter, true])
      const cancels =
        own.loss === 'relativistic' && !own.mismatch && parameter === 'discriminator.linear.bias'
      expect([parameter, norm(gradient) > 1e-6]).toEqual([parameter, !cancels])
    }
  })
})

/** A state of a float64 model, for one that stores float32. */
function inFloat32(state: NativeState): NativeState {
  const tensors = state.tensors.map(tensor =>
    tensor.dtype === 'F64'
      ? {
          ...tensor,
          dtype: 'F32' as const,
          data: Float32Array.from(new Float64Array(tensor.data)).buffer as ArrayBuffer,
        }
      : tensor,
  )
  return { ...state, tensors }
}

const IN_BFLOAT16 = stepsInBfloat16().flatMap(({ precision, kernels }) => [
  { precision, kernels, network: 'generator' as const, name: TUTORIAL },
  { precision, kernels, network: 'discriminator' as const, name: EVERYTHING },
])

// Along the true gradient, the loss's slope is the gradient's length. Errors of rounding point in all directions. If their
// length is ε of the gradient's, the slope along the computed gradient is off by about ε², and by the part of the errors
// that lies along it: ε/√n for n elements, here with twice its size for the smallest n, 64. Parity's bounds for ε are 0.3
// in the generator and 0.05 in the discriminator, and what it finds is half of that. A missing term or a wrong factor
// shows in full.
const OFF = { generator: 0.06, discriminator: 0.01 }

test.each(IN_BFLOAT16)(
  "the $network's gradients of the $kernels step in $precision are those of finite differences in float64, with $name",
  async ({ precision, kernels, network, name }) => {
    const own = OBJECTIVES[name] as Partial<NativeConfig>
    await withModel(own, async (model, start, probe) => {
      const rounded = await withModel({ ...own, precision, kernels }, async (other, _start, probeRounded) => {
        await training().importState(other, inFloat32(start))
        return probeRounded()
      })
      const gradients = rounded.filter(({ name }) => name.startsWith(`grad.${network}.`))
      expect(gradients).toHaveLength(network === 'generator' ? 10 : 7)
      for (const tensor of gradients) {
        const parameter = tensor.name.slice('grad.'.length)
        const gradient = numbers(tensor)
        const length = norm(gradient)
        if (own.loss === 'relativistic' && parameter === 'discriminator.linear.bias') continue
        const direction = gradient.map(g => g / length)
        const h = 1e-7
        const at = async (amount: number) => {
          await training().importState(model, moved(start, parameter, direction, amount))
          return objective(await probe(), parameter)
        }
        const slope = ((await at(h)) - (await at(-h))) / (2 * h)
        const off = Math.abs(slope / length - 1)
        expect([parameter, off < OFF[network]]).toEqual([parameter, true])
      }
    })
  },
)

test.each(Object.entries(OBJECTIVES))(
  'the fused step and the plain one have the same gradients and losses, with %s',
  async (_, own) => {
    const [fused, plain] = (await Promise.all(
      (['auto', 'plain'] as const).map(kernels =>
        withModel({ ...own, kernels }, (_model, _start, probe) => probe()),
      ),
    )) as [NativeTensor[], NativeTensor[]]
    const names = plain.map(({ name }) => name)
    expect(fused.map(({ name }) => name).sort()).toEqual([...names].sort())
    for (const name of names.filter(each => /^grad\.|loss|logits|penalties/.test(each))) {
      const [ours, theirs] = [values(fused, name), values(plain, name)]
      const off = norm(ours.map((x, i) => x - (theirs[i] as number)))
      // The relativistic loss does not depend on the last bias: its gradient is a sum of roundings.
      expect([name, off < 1e-12 * norm(theirs) + 1e-15]).toEqual([name, true])
    }
  },
)
