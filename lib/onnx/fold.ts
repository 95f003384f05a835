import { FEATURES } from '../internal/sizes.js'

/** A generator's float32 tensors by their name in a state file, without `generator.`. */
type GeneratorTensors = ReadonlyMap<string, Float32Array>

/** Weights before a batch normalisation, and what it multiplies each of their output channels with. */
export interface Scaled {
  /** Output channel by output channel for a matrix, [in][out][height][width] for a transposed convolution. */
  weight: Float32Array
  scale: Float64Array
}

/** A generator for inference. Its batch normalisation is a scale of the weights before it, and a bias. */
export interface FoldedGenerator {
  latentDim: number
  /** 0: unconditional. */
  classes: number
  /** 12,544 × latentDim, for latent vectors. */
  linear: Scaled
  /** One row of 12,544 per class; one row without classes. */
  linearBias: Float32Array
  /** Transposed convolutions, and a bias for each output channel. */
  conv1: Scaled
  conv1Bias: Float32Array
  conv2: Scaled
  conv2Bias: Float32Array
  conv3: Float32Array
}

/** Batch normalisation in LibTorch and PyTorch adds this to the variance. */
const EPSILON = 1e-5

/** Folds running statistics, scales and shifts. Computes in float64, to round only once. */
export function fold(tensors: GeneratorTensors, latentDim: number, classes: number): FoldedGenerator {
  const get = (name: string) => tensors.get(name) as Float32Array
  const affine = (norm: string) => {
    const [mean, variance] = [get(`${norm}.running_mean`), get(`${norm}.running_var`)]
    const scale = Float64Array.from(
      get(`${norm}.weight`),
      (weight, i) => weight / Math.sqrt((variance[i] as number) + EPSILON),
    )
    const shift = Float64Array.from(
      get(`${norm}.bias`),
      (bias, i) => bias - (mean[i] as number) * (scale[i] as number),
    )
    return { scale, shift }
  }
  const [first, second, third] = [affine('bn1'), affine('bn2'), affine('bn3')]
  const weight = get('linear.weight')
  const inputs = latentDim + classes
  const linear = new Float32Array(FEATURES * latentDim)
  const linearBias = new Float32Array(FEATURES * Math.max(1, classes))
  for (let feature = 0; feature < FEATURES; feature++) {
    const row = weight.subarray(feature * inputs, (feature + 1) * inputs)
    linear.set(row.subarray(0, latentDim), feature * latentDim)
    const [scale, shift] = [first.scale[feature] as number, first.shift[feature] as number]
    if (classes === 0) linearBias[feature] = shift
    for (let label = 0; label < classes; label++)
      linearBias[label * FEATURES + feature] = scale * (row[latentDim + label] as number) + shift
  }
  return {
    latentDim,
    classes,
    linear: { weight: linear, scale: first.scale },
    linearBias,
    conv1: { weight: get('conv1.weight'), scale: second.scale },
    conv1Bias: Float32Array.from(second.shift),
    conv2: { weight: get('conv2.weight'), scale: third.scale },
    conv2Bias: Float32Array.from(third.shift),
    conv3: get('conv3.weight'),
  }
}

/** Multiplies the weights with their scales. `shape`: of the weights of one output channel that lie together. */
export function multiplied({ weight, scale }: Scaled, shape: readonly number[]): Float32Array {
  const taps = shape.reduce((product, size) => product * size)
  return weight.map((w, i) => w * (scale[Math.floor(i / taps) % scale.length] as number))
}
