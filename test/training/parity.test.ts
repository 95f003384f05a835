import { training } from '../../lib/native/engines'
import type { NativeConfig, NativeModel, NativeState, NativeTensor } from '../../lib/native/types'
import { stepLosses } from '../../lib/training/losses'
import { backward, forward, type Weights, zeros } from '../fixtures/discriminator'
import {
  arrangement,
  asOfDistinct,
  type Case,
  caseConfig,
  DISTINCT,
  distinctRows,
  type Errors,
  givenState,
  largestDifference,
  norm,
  numbers,
  Reference,
  STEPS,
  spread,
  stepInput,
} from '../fixtures/parity'
import { NATIVE_CONFIG } from '../support/native-config'
import { ARITHMETICS, type Arithmetic, stepsInBfloat16 } from './arithmetic'

const TOLERANCE = 1e-5
// In bfloat16, a loss is off by one random number, and the few logits of generated images by not many more. So PyTorch's
// own error in one case may be a lucky draw. Over ten seeds of each case, the error of its autocast has a root mean square
// of 0.7e-3 to 1.3e-3 for losses, three times of which is allowed, and of 7e-3 to 16e-3 for those logits.
const BFLOAT16_LOSS_TOLERANCE = 4e-3
const BFLOAT16_LOGITS_ERROR = 7e-3

/** The largest error of a tensor in bfloat16. `torch`: the error of PyTorch's autocast in the same case. */
function bfloat16Tolerance(name: string, torch: number): number {
  if (name.includes('_loss.')) return BFLOAT16_LOSS_TOLERANCE
  return 2 * (name.startsWith('fake_logits') ? Math.max(torch, BFLOAT16_LOGITS_ERROR) : torch) + 1e-3
}
const PER_IMAGE = ['fake', 'fake_eval', 'real_logits', 'fake_logits', 'fake_logits_updated']

const reference = new Reference()

/** A model in a case's state, disposed of afterwards. */
async function withModel<T>(
  config: Partial<NativeConfig>,
  kind: Case,
  use: (model: NativeModel) => Promise<T>,
): Promise<T> {
  const shared = { ...NATIVE_CONFIG, ...caseConfig(kind), seed: 1, threads: 0, batchSize: 128, dropout: 0 }
  const model = training().create({ ...shared, ...config })
  try {
    await training().importState(model, givenState(await training().exportState(model, 'all'), kind))
    return await use(model)
  } finally {
    await training().dispose(model)
  }
}

const byName = (tensors: NativeTensor[]) => new Map(tensors.map(tensor => [tensor.name, tensor]))

/** All that the reference has, of three steps on a batch, under the reference's names. */
async function threeSteps(model: NativeModel, kind: Case, batch: number): Promise<Map<string, Float64Array>> {
  const results = new Map<string, Float64Array>()
  for (let step = 1; step <= STEPS; step++) {
    const seen = await training().probe(model, stepInput(step - 1, batch, kind))
    for (const tensor of seen) {
      const loss = tensor.name.endsWith('_loss') || tensor.name === 'penalties'
      if (!loss && step > 1) continue
      let value = numbers(tensor)
      if (PER_IMAGE.includes(tensor.name)) value = distinctRows(value, batch)
      results.set(loss ? `${tensor.name}.${step}` : tensor.name, value)
    }
    if (step > 1 && step < STEPS) continue
    for (const tensor of (await training().exportState(model, 'all')).tensors) {
      if (!/^(generator|discriminator)\./.test(tensor.name) || tensor.dtype === 'I64') continue
      let value = numbers(tensor)
      if (tensor.name.endsWith('running_var')) value = asOfDistinct(tensor.name, value, batch, step)
      results.set(`after${step}.${tensor.name}`, value)
    }
  }
  return results
}

async function errorsOf(
  config: Partial<NativeConfig>,
  kind: Case,
  batch: number,
  own: string,
): Promise<[string, Errors][]> {
  const ours = await withModel(config, kind, model => threeSteps(model, kind, batch))
  return reference.names(kind).map(name => {
    const tensor = ours.get(name)
    if (tensor === undefined) throw new Error(`the probe returned no ${name}`)
    return [name, reference.errors(kind, name, tensor, own)]
  })
}

const COLUMNS = `from PyTorch ${reference.torch} float32 | from float64 | PyTorch float32 from float64`
const summary = [`| step | case | batch | ${COLUMNS} |`, '|---|---|---:|---:|---:|---:|']
const tables: string[] = []

afterAll(() => {
  if (process.env.PARITY_TABLE) process.stdout.write(`\n${[...summary, '', ...tables].join('\n')}\n`)
})

/** For `npm run check -- parity`: each tensor's errors, and the worst of all. */
function tabulate(step: string, kind: Case, batch: number, errors: [string, Errors][]): void {
  const exponential = (values: number[]) => values.map(e => e.toExponential(1)).join(' | ')
  const columns = errors.map(([, { float32, float64, torch }]) => [float32, float64, torch] as const)
  const worst = ([0, 1, 2] as const).map(i => Math.max(...columns.map(column => column[i])))
  summary.push(`| ${step} | ${kind} | ${batch} | ${exponential(worst)} |`)
  const rows = errors.map(([name], i) => `| \`${name}\` | ${exponential([...(columns[i] ?? [])])} |`)
  const title = `### The ${step} step, ${kind}, batch ${batch}`
  tables.push(title, '', `| tensor | ${COLUMNS} |`, '|---|---:|---:|---:|', ...rows, '')
}

const ALL = process.env.DCGAN_LONG_TESTS !== undefined

const CASES: [kind: Case, batch: number][] = [
  ['warm', 8],
  ['fresh', 8],
  ['warm', 128],
  ['conditional', 8],
  ['relativistic', 8],
  ['penalties', 8],
  ['all', 8],
  ['mismatch', 8],
]

const MORE_CASES: typeof CASES = [
  ['warm', 96],
  ['conditional', 96],
  ['conditional', 128],
  ['relativistic', 128],
  ['penalties', 128],
  ['all', 128],
  ['mismatch', 128],
]

describe.each(['auto', 'plain'] as const)('the %s step', kernels => {
  test.each(ALL ? [...CASES, ...MORE_CASES] : CASES)(
    'agrees with PyTorch in float32, %s, on a batch of %i',
    async (kind, batch) => {
      const errors = await errorsOf({ kernels }, kind, batch, `float32.${batch}`)
      tabulate(kernels, kind, batch, errors)
      // LibTorch's own sums over a large batch are less exact, and differ from processor to processor.
      const fused = kernels === 'auto' && training().info().fusedStep.float32
      const worse = errors.filter(([, { float32, float64, torch }]) => {
        const tolerance = fused ? TOLERANCE : Math.max(3 * TOLERANCE, 3 * torch)
        return !(float32 <= tolerance && float64 <= tolerance)
      })
      expect(worse).toEqual([])
    },
  )

  test('gives an image the same result wherever in the batch it is', async () => {
    const seen = await withModel({ kernels }, 'warm', model => training().probe(model, stepInput(0, 128)))
    for (const name of PER_IMAGE) {
      const tensor = byName(seen).get(name)
      expect(spread(numbers(tensor as NativeTensor), 128)).toBeLessThan(1e-5)
    }
    expect(new Set(arrangement(128)).size).toBe(DISTINCT)
  })

  test("makes Adam's first update out of the gradients that it reports", async () => {
    await withModel({ kernels }, 'fresh', async model => {
      const before = byName((await training().exportState(model, 'all')).tensors)
      const seen = await training().probe(model, stepInput(0, DISTINCT))
      const after = byName((await training().exportState(model, 'all')).tensors)
      for (const tensor of seen.filter(({ name }) => name.startsWith('grad.'))) {
        const name = tensor.name.slice('grad.'.length)
        const start = numbers(before.get(name) as NativeTensor)
        const gradient = numbers(tensor)
        const expected = start.map((w, i) => {
          const g = gradient[i] as number
          return w - (2e-4 * g) / ((g < 0 ? -g : g) + 1e-8)
        })
        const end = numbers(after.get(name) as NativeTensor)
        // A float32 rounding of a weight of up to 1.25.
        expect([name, largestDifference(end, expected)]).toEqual([name, expect.closeTo(0, 6)])
        expect(end).not.toEqual(start)
      }
    })
  })
})

// Without instructions for bfloat16, a large batch takes half a minute.
const LARGE = training().info().bfloat16 ? (['warm', 'conditional', 'all'] as const) : []

describe.each(stepsInBfloat16())('the $kernels step in $precision', ({ kernels, precision }) => {
  test.each([
    ...(['warm', 'conditional', 'relativistic', 'penalties', 'all', 'mismatch'] as const).map(
      kind => [kind, 8] as const,
    ),
    ...(precision === 'bfloat16' || kernels === 'plain' ? LARGE : []).map(kind => [kind, 128] as const),
  ])('is no further off than PyTorch autocast, %s, on a batch of %i', async (kind, batch) => {
    const errors = await errorsOf({ kernels, precision }, kind, batch, `bfloat16.${DISTINCT}`)
    tabulate(`${kernels}, ${precision}`, kind, batch, errors)
    const worse = errors.filter(([name, { float64, torch }]) => !(float64 <= bfloat16Tolerance(name, torch)))
    expect(worse).toEqual([])
  })

  test.each(['warm', 'all'] as const)('computes logits in float32, %s', async kind => {
    const seen = await withModel({ kernels, precision }, kind, model =>
      training().probe(model, stepInput(0, DISTINCT, kind)),
    )
    // The upper half of a float32 is a bfloat16, so a lower half that is not 0 shows a logit that was not rounded.
    for (const name of ['real_logits', 'fake_logits', 'fake_logits_updated']) {
      const bits = new Uint32Array((byName(seen).get(name) as NativeTensor).data)
      expect([name, bits.filter(word => word & 0xffff).length]).toEqual([name, DISTINCT])
    }
  })
})

test('an epoch makes the same steps with either implementation', async () => {
  const { images } = stepInput(0, 128)
  const [auto, plain] = await Promise.all(
    (['auto', 'plain'] as const).map(kernels =>
      withModel({ kernels, batchSize: 48, dropout: 0.3 }, 'warm', async model => {
        await training().setDataset(model, images, 128)
        const request = { snapshotEvery: 0, checkpointEvery: 0, maxSteps: 0 }
        const epoch = await training().trainEpoch(model, request, () => {})
        expect(epoch.finished).toBe(true)
        return stepLosses(epoch.losses).flatMap(({ discLoss, genLoss }) => [discLoss, genLoss])
      }),
    ),
  )
  expect(auto).toHaveLength(6)
  auto?.forEach((loss, i) => {
    expect(loss).toBeCloseTo((plain as number[])[i] as number, 4)
  })
})

describe.each(['auto', 'plain'] as const)('dropout in the %s step', kernels => {
  const probe = (batch: number, precision: Arithmetic = 'float32') =>
    withModel({ kernels, precision, dropout: 0.3 }, 'warm', async model => {
      const before = await training().exportState(model, 'all')
      const seen = byName(await training().probe(model, stepInput(0, batch)))
      return { before, seen, after: await training().exportState(model, 'all') }
    })

  const MASKS = ['mask1', 'mask2', 'mask1_gen', 'mask2_gen']

  test.each(ARITHMETICS)('drops 30 %% and scales the rest by 1/0.7, in %s', async precision => {
    const batch = 8
    const { seen } = await probe(batch, precision)
    for (const name of MASKS) {
      const mask = numbers(seen.get(name) as NativeTensor)
      const images = name.endsWith('_gen') ? batch : 2 * batch
      expect(mask).toHaveLength(images * (name.startsWith('mask1') ? 64 * 196 : 6272))
      const kept = mask.filter(value => value !== 0)
      const deviation = Math.sqrt(0.7 * 0.3 * mask.length)
      expect(Math.abs(kept.length - 0.7 * mask.length)).toBeLessThan(5 * deviation)
      const scale = precision === 'float32' ? Math.fround(1 / 0.7) : expect.closeTo(1 / 0.7, 2)
      expect([...new Set(kept)]).toEqual([scale])
    }
  })

  test('draws a mask for every image, layer and pass', async () => {
    const { seen } = await probe(16)
    const rows = MASKS.flatMap(name => {
      const mask = numbers(seen.get(name) as NativeTensor)
      const width = name.startsWith('mask1') ? 64 * 196 : 6272
      return Array.from({ length: mask.length / width }, (_, i) => mask.subarray(i * width, i * width + 6272))
    })
    const bits = rows.map(row => row.reduce((text, value) => text + (value ? '1' : '0'), ''))
    expect(new Set(bits).size).toBe(rows.length)
    // Two independent masks agree in 0.7² + 0.3² of their places.
    for (let i = 1; i < rows.length; i++) {
      const [a, b] = [rows[i - 1] as Float64Array, rows[i] as Float64Array]
      const agree = a.reduce((sum, value, j) => sum + ((value === 0) === (b[j] === 0) ? 1 : 0), 0) / 6272
      expect(Math.abs(agree - 0.58)).toBeLessThan(0.04)
    }
  })

  test('uses one mask forwards and backwards', async () => {
    const batch = 2
    const { before, seen, after } = await probe(batch)
    const get = (name: string) => numbers(seen.get(name) as NativeTensor)
    const images = [...normalised(stepInput(0, batch).images), ...rowsOf(get('fake'), batch)]
    const masks = (i: number, suffix: '' | '_gen', all: number): [Float64Array, Float64Array] => [
      rowsOf(get(`mask1${suffix}`), all)[i] as Float64Array,
      rowsOf(get(`mask2${suffix}`), all)[i] as Float64Array,
    ]

    // The discriminator's step: its gradients follow from the masks, the images and the weights.
    const weights = discriminatorOf(before)
    const grads = zeros()
    images.forEach((image, i) => {
      const mask = masks(i, '', 2 * batch)
      const pass = forward(weights, image, mask)
      const logit = i < batch ? get('real_logits')[i] : get('fake_logits')[i - batch]
      expect(pass.logit).toBeCloseTo(logit as number, 5)
      const label = i < batch ? 1 : 0
      backward(weights, image, mask, pass, (sigmoid(pass.logit) - label) / batch, grads)
    })
    for (const layer of ['conv1', 'conv2', 'linear'] as const)
      for (const key of ['weight', 'bias'] as const) {
        const theirs = get(`grad.discriminator.${layer}.${key}`)
        const expected = grads[layer][key]
        const off = norm(theirs.map((g, i) => g - (expected[i] as number))) / norm(expected)
        expect([layer, key, off]).toEqual([layer, key, expect.closeTo(0, 5)])
      }

    // The generator's step, through the updated discriminator. Scaling the last layer's weights by 1 + ε moves the
    // loss by ε Σ w ∂L/∂w; the images' side of that sum needs the discriminator's backward pass alone.
    const updated = discriminatorOf(after)
    let byImages = 0
    rowsOf(get('fake'), batch).forEach((image, i) => {
      const mask = masks(i, '_gen', batch)
      const pass = forward(updated, image, mask)
      expect(pass.logit).toBeCloseTo(get('fake_logits_updated')[i] as number, 5)
      const grad = backward(updated, image, mask, pass, (sigmoid(pass.logit) - 1) / batch, zeros())
      byImages += grad.reduce((sum, g, j) => {
        const x = image[j] as number
        return sum + g * (1 - x * x) * Math.atanh(x)
      }, 0)
    })
    const last = numbers(byName(before.tensors).get('generator.conv3.weight') as NativeTensor)
    const gradient = get('grad.generator.conv3.weight')
    const byWeights = last.reduce((sum, w, i) => sum + w * (gradient[i] as number), 0)
    expect(Math.abs(byImages - byWeights)).toBeLessThan(1e-4 * Math.abs(byWeights))
  })
})

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

function rowsOf(x: Float64Array, count: number): Float64Array[] {
  const width = x.length / count
  return Array.from({ length: count }, (_, i) => x.subarray(i * width, (i + 1) * width))
}

function normalised(images: Uint8Array): Float64Array[] {
  return rowsOf(
    Float64Array.from(images, grey => Math.fround(Math.fround(grey / 127.5) - 1)),
    images.length / 784,
  )
}

function discriminatorOf(state: NativeState): Weights {
  const tensors = byName(state.tensors)
  const layer = (name: string) => ({
    weight: numbers(tensors.get(`discriminator.${name}.weight`) as NativeTensor),
    bias: numbers(tensors.get(`discriminator.${name}.bias`) as NativeTensor),
  })
  return { conv1: layer('conv1'), conv2: layer('conv2'), linear: layer('linear') }
}
