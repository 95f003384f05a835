import { training } from '../../lib/native/engines'
import type { NativeModel, NativeState, NativeTensor } from '../../lib/native/types'
import { NATIVE_CONFIG } from '../support/native-config'

const models: NativeModel[] = []
afterEach(() => Promise.all(models.splice(0).map(model => training().dispose(model))))

/** The networks as the addon has them, without the class around them. */
function create(config: object = {}): NativeModel {
  const model = training().create({ ...NATIVE_CONFIG, ...config })
  models.push(model)
  return model
}

const values = (tensor: NativeTensor | undefined) => new Float32Array(tensor?.data as ArrayBuffer)
const named = (state: { tensors: NativeTensor[] }, name: string) =>
  values(state.tensors.find(tensor => tensor.name === name))

/** The parameters of a network: what its optimiser keeps moments of. */
function parameters(state: NativeState, net: 'generator' | 'discriminator'): Map<string, Float32Array> {
  const names = state.tensors.map(({ name }) => name)
  const trained = names.filter(
    name => name.startsWith(`${net}.`) && names.includes(`optimizer.${name}.exp_avg`),
  )
  return new Map(trained.map(name => [name, named(state, name)]))
}

const count = (tensors: Map<string, Float32Array>) =>
  [...tensors.values()].reduce((sum, { length }) => sum + length, 0)

function moments(data: Float32Array): { mean: number; deviation: number } {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length
  return {
    mean,
    deviation: Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length),
  }
}

/** Normal numbers are not needed here: any spread of latent vectors will do. */
const LATENTS = Float32Array.from({ length: 400 }, (_, i) => Math.sin(i * 1.7) * 1.4)
const IMAGES = Uint8Array.from({ length: 4 * 784 }, (_, i) => (i * i) % 251)

test('the networks have as many parameters as the tutorial says', async () => {
  const state = await training().exportState(create(), 'all')
  expect(count(parameters(state, 'generator'))).toBe(2_231_168)
  expect(count(parameters(state, 'discriminator'))).toBe(138_561)
})

test('the weights begin as the tutorial draws them', async () => {
  const state = await training().exportState(create(), 'all')
  for (const net of ['generator', 'discriminator'] as const) {
    for (const [name, data] of parameters(state, net)) {
      const { mean, deviation } = moments(data)
      const tolerance = 4 / Math.sqrt(data.length)
      if (name.includes('.bn')) {
        // Batch normalisation begins as the identity.
        expect([name, new Set(data)]).toEqual([name, new Set([name.endsWith('weight') ? 1 : 0])])
      } else if (name.endsWith('bias')) {
        expect([name, new Set(data)]).toEqual([name, new Set([0])])
      } else if (name.endsWith('linear.weight')) {
        // Xavier: uniform within ±√(6 / (fan in + fan out)).
        const bound = Math.sqrt(6 / (net === 'generator' ? 100 + 12_544 : 6272 + 1))
        expect(data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeLessThanOrEqual(
          bound * (1 + 1e-6),
        )
        expect(deviation / (bound / Math.sqrt(3))).toBeCloseTo(1, 1)
        expect(Math.abs(mean)).toBeLessThan(bound * tolerance)
      } else {
        expect(Math.abs(mean)).toBeLessThan(0.02 * tolerance)
        expect(Math.abs(deviation / 0.02 - 1)).toBeLessThan(tolerance)
      }
    }
  }
})

describe('the losses at known logits', () => {
  /** ln(1 + eˣ), without overflow. */
  const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

  /** A step of a discriminator that gives every image the logit `bias`, and does not move. */
  async function losses(bias: number): Promise<{ disc: number; gen: number; logits: number[] }> {
    const model = create({ discLr: [1e-30], genLr: [1e-30] })
    const state = await training().exportState(model, 'all')
    named(state, 'discriminator.linear.weight').fill(0)
    named(state, 'discriminator.linear.bias').fill(bias)
    await training().importState(model, state)
    const tensors = await training().probe(model, { latents: LATENTS, images: IMAGES })
    return {
      disc: named({ tensors }, 'disc_loss')[0] as number,
      gen: named({ tensors }, 'gen_loss')[0] as number,
      logits: [...named({ tensors }, 'real_logits'), ...named({ tensors }, 'fake_logits_updated')],
    }
  }

  test.each([0, 1, -1, 2.5, -30, 1e4, -1e4])('%d', async logit => {
    const { disc, gen, logits } = await losses(logit)
    expect(logits).toHaveLength(8)
    for (const value of logits) expect(Math.abs(value - logit)).toBeLessThan(1e-20)
    // Real images should be 1 and made ones 0; the generator wants its own to pass for 1. Summed, not averaged.
    const expected = { disc: softplus(-logit) + softplus(logit), gen: softplus(-logit) }
    expect(Math.abs(disc - expected.disc)).toBeLessThanOrEqual(1e-6 * Math.max(1, expected.disc))
    expect(Math.abs(gen - expected.gen)).toBeLessThanOrEqual(1e-6 * Math.max(1, expected.gen))
  })
})

test('latents() are the normal numbers that a seed samples with, image by image', () => {
  const all = new Float32Array(training().latents(5, 0, 200, 100))
  const { mean, deviation } = moments(all)
  expect(Math.abs(mean)).toBeLessThan(0.03)
  expect(Math.abs(deviation - 1)).toBeLessThan(0.03)
  expect(new Float32Array(training().latents(5, 0, 1, 100))).toEqual(all.slice(0, 100))
})
