/** A generator's float32 tensors by their name in a state file, without `generator.`. */
export type GeneratorTensors = ReadonlyMap<string, Float32Array>

/** A generator for inference, whose batch normalisation is part of the weights before it. */
export interface FoldedGenerator {
  latentDim: number
  /** 0: unconditional. */
  classes: number
  /** 12,544 × latentDim, for latent vectors. */
  linear: Float32Array
  /** One row of 12,544 per class; one row without classes. */
  linearBias: Float32Array
  /** Transposed convolutions, [in][out][height][width], and a bias for each output channel. */
  conv1: Float32Array
  conv1Bias: Float32Array
  conv2: Float32Array
  conv2Bias: Float32Array
  conv3: Float32Array
}

/** Batch normalisation in LibTorch and PyTorch adds this to the variance. */
const EPSILON = 1e-5
const FEATURES = 256 * 7 * 7

/** Folds running statistics, scales and shifts into the weights. Computes in float64, to round only once. */
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
  const convolution = (name: string, norm: string) => {
    const { scale, shift } = affine(norm)
    const weight = get(`${name}.weight`)
    const taps = weight.length / (INPUTS[name] as number) / scale.length
    return {
      weight: weight.map((w, i) => w * (scale[Math.floor(i / taps) % scale.length] as number)),
      bias: Float32Array.from(shift),
    }
  }
  const first = affine('bn1')
  const weight = get('linear.weight')
  const inputs = latentDim + classes
  const linear = new Float32Array(FEATURES * latentDim)
  const linearBias = new Float32Array(FEATURES * Math.max(1, classes))
  for (let feature = 0; feature < FEATURES; feature++) {
    const scale = first.scale[feature] as number
    const shift = first.shift[feature] as number
    const at = (input: number) => scale * (weight[feature * inputs + input] as number)
    for (let i = 0; i < latentDim; i++) linear[feature * latentDim + i] = at(i)
    if (classes === 0) linearBias[feature] = shift
    for (let label = 0; label < classes; label++)
      linearBias[label * FEATURES + feature] = at(latentDim + label) + shift
  }
  const [conv1, conv2] = [convolution('conv1', 'bn2'), convolution('conv2', 'bn3')]
  return {
    latentDim,
    classes,
    linear,
    linearBias,
    conv1: conv1.weight,
    conv1Bias: conv1.bias,
    conv2: conv2.weight,
    conv2Bias: conv2.bias,
    conv3: get('conv3.weight'),
  }
}

const INPUTS: Record<string, number> = { conv1: 256, conv2: 128 }
