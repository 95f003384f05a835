import { invalidArgument } from './errors.js'
import {
  type Check,
  checkInteger,
  checkKeys,
  integer,
  oneOf,
  reading,
  withoutPrototype,
} from './internal/options.js'
import { drawSeed, MAX_SEED } from './internal/random.js'
import { warnOnce } from './internal/warn.js'

/**
 * All settings of a model: how it is made, trained and served. The defaults come from the tutorial that this
 * package follows (Flux's "Deep Convolutional Generative Adversarial Network", 2021), for the keys that it has.
 */
export interface HyperParams {
  /**
   * Images per training step, 2 to 65,536. Default 128. Several processes share these images. The least is 2, because
   * batch normalisation takes its statistics over the batch, and one image has none.
   */
  batchSize: number
  /** Length of a latent vector, 1 to 4,096. Default 100. */
  latentDim: number
  /**
   * Number of classes of a class-conditional model, 0 to 256. Default 0: unconditional, as in the tutorial. With
   * classes, the data set needs labels, and `sample()` takes them. The generator gets the label as a one-hot vector next to
   * the latent vector (Mirza and Osindero 2014). The discriminator adds a projection on the label to its logit (Miyato
   * and Koyama 2018, "cGANs with projection discriminator").
   */
  classes: number
  /** Passes over the data set that `train()` makes in total, 1 to 1,000,000. Default 25. */
  epochs: number
  /**
   * Steps from one snapshot of `train()` to the next, 1 to 1,000,000,000. Default 1000. The first one is at step 0. The
   * command `train` logs the losses at the same steps.
   */
  verboseFreq: number
  /** Images per side of a snapshot, 1 to 64. Default 5: snapshots show `outputDim²` fixed latent vectors. */
  outputDim: number
  /** Adam's learning rate for the discriminator, above 0 and up to 1, or one value per epoch. Default 0.0002. */
  discLr: ByEpoch
  /** Adam's learning rate for the generator, above 0 and up to 1, or one value per epoch. Default 0.0002. */
  genLr: ByEpoch
  /** Decay of Adam's first moment, from 0 and below 1. Default 0.9, the tutorial's; Radford et al. (2015) use 0.5. */
  beta1: number
  /** Decay of Adam's second moment, from 0 and below 1. Default 0.999. */
  beta2: number
  /**
   * `'bce'` (default): binary cross-entropy with logits, the tutorial's (Goodfellow et al. 2014, non-saturating).
   * `'relativistic'`: softplus of the difference between the logits of a generated image and of the real one next to
   * it in the mini-batch (RpGAN: Jolicoeur-Martineau 2019; Huang et al. 2024, "The GAN is dead; long live the GAN!").
   */
  loss: Loss
  /**
   * Weight γ of the zero-centred gradient penalty on real images, γ/2 · E‖∇ₓD(x)‖² of the logit D(x) (Mescheder et
   * al. 2018), 0 to 1,000, or one value per epoch. Default 0: no penalty. Huang et al. (2024) use it together with `r2`.
   */
  r1: ByEpoch
  /** The same for generated images. Default 0: no penalty. */
  r2: ByEpoch
  /**
   * Weight λ of mismatched labels as negatives: λ · E softplus(D(x, another label)) over the real images is added to the
   * discriminator's loss, 0 to 1,000, or one value per epoch. The other label is drawn uniformly among the other classes,
   * so the weight has no effect with fewer than two classes. Default 0: none. More of it makes the labels of generated
   * images more reliable, and the images less varied.
   */
  mismatch: ByEpoch
  /** Probability that the discriminator drops an activation in training, from 0 and below 1. Default 0.3. */
  dropout: number
  /**
   * One-sided label smoothing (Salimans et al. 2016): real images get the label 1 − `labelSmoothing` in the loss. From 0
   * and below 1. Default 0. The relativistic loss has no such labels.
   */
  labelSmoothing: number
  /**
   * Discriminator updates per generator update, 1 to 100. Default 1. All updates of a step use the same mini-batch of
   * real images, each with newly generated ones.
   */
  discSteps: number
  /**
   * Decay of an exponential moving average of the generator's weights and running statistics over the steps, from 0
   * and below 1. Default 0: no average. With an average, `sample()`, snapshots and saved generators use it; training
   * itself continues with the weights that are not averaged. 0.999 averages about the last thousand steps. In the first
   * nine thousand steps the decay is smaller, so the average covers fewer (Yazıcı et al. 2019, "The unusual
   * effectiveness of averaging in GAN training").
   */
  emaDecay: number
  /**
   * `'auto'` (default): CUDA if there is a device, otherwise the CPU. If LibTorch is built for CUDA but finds no device, a
   * process warning says once, when training starts, that the CPU is used.
   * `'cuda'` or `'cuda:N'`: that device, or `ERR_DCGAN_NO_CUDA`. `'cpu'`: the CPU. `gan.device` is the chosen one.
   */
  device: Device
  /**
   * `'float32'` (default). `'bfloat16'`: mixed precision; weights, statistics and losses stay float32. It needs LibTorch,
   * to sample too. On a processor without bfloat16 arithmetic the model then runs in float32, with one process warning.
   * `'auto'`: training steps in bfloat16 where it is faster by rule (AMX; AMD with AVX512_BF16), otherwise in float32,
   * without a warning; images in float32. `gan.precision` shows which was chosen.
   */
  precision: Precision
  /**
   * How a training step on the CPU is computed. `'auto'` (default): by hand-written kernels, if the processor has AVX2
   * or more. `'plain'`: by LibTorch's modules and autograd. This is slower; it is the specification of the kernels.
   * The results of the two differ by rounding.
   */
  kernels: Kernels
  /**
   * CPU threads that one operation of this model uses, 1 to 1,024. Default `'auto'`: one per core, or `OMP_NUM_THREADS`.
   * Other models in the process keep their own number.
   */
  threads: number | 'auto'
  /**
   * `'env'`: trains in several processes, each on its part of every mini-batch. `RANK`, `WORLD_SIZE`, `MASTER_ADDR` and
   * `MASTER_PORT` of the environment say which processes, as torchrun sets them; docs/scaling.md explains them. Default
   * `false`.
   */
  distributed: false | 'env'
  /**
   * Fixes the weights, the noise, the order of the images and the dropout: an integer from 0 to 2⁵³ − 1. Drawn at
   * random by default; `gan.hparams.seed` is the seed that was drawn.
   */
  seed: number
  /**
   * The most images of one forward pass, 1 to 4,096. Default 64. Requests that wait together share a forward pass up
   * to this limit. While the model trains, at most 512 images are made between two steps.
   */
  maxBatch: number
  /**
   * The most images that may wait to be sampled, 1 to 1,000,000. Default 4096. A request that would exceed it rejects at
   * once with `ERR_DCGAN_OVERLOADED`, so one call makes at most `maxQueue` images.
   */
  maxQueue: number
}

/** Hyper-parameters. A key that is missing or `undefined` has its default. */
export type HyperParamOptions = { [K in keyof HyperParams]?: HyperParams[K] | undefined } & {
  /** @deprecated The old name of `kernels`. The next minor version does not have it. */
  step?: Kernels | undefined
}

/** One value for all epochs, or a list of 1 to 500 values, one per epoch. After the list's end its last value stays. */
export type ByEpoch = number | readonly number[]

/** How a step is computed. */
export type Kernels = 'auto' | 'plain'

/** The loss of both networks. */
export type Loss = 'bce' | 'relativistic'

/** The precision to compute in. */
export type Precision = 'float32' | 'bfloat16' | 'auto'

/** The device to run on. */
export type Device = 'auto' | 'cpu' | 'cuda' | `cuda:${number}`

interface Param<T> {
  /** The seed has none: it is drawn. */
  default?: T
  check: Check<T>
  /** The line of `--help`. */
  help: string
  /** True: it describes the machine and not the model, so a loaded model may have another value. */
  machine?: true
  /** True: it may be a list with one value per epoch. */
  perEpoch?: true
}

const MAX_EPOCH_VALUES = 500

const learningRate = number('a number above 0 and up to 1', value => value > 0 && value <= 1)
const penalty = number('a number from 0 to 1000', value => value >= 0 && value <= 1000)
const decay = number('a number from 0 and below 1', value => value >= 0 && value < 1)

/** Everything about a hyper-parameter but its meaning. The defaults, the checks and the flags follow from this table. */
export const PARAMS: { readonly [K in keyof HyperParams]: Param<HyperParams[K]> } = {
  batchSize: {
    default: 128,
    check: integer(2, 65_536, ' (batch normalisation needs two)'),
    help: 'images per training step',
  },
  latentDim: { default: 100, check: integer(1, 4096), help: 'length of a latent vector' },
  classes: { default: 0, check: integer(0, 256), help: 'classes of a conditional model; 0 for none' },
  epochs: { default: 25, check: integer(1, 1_000_000), help: 'passes over the data set in total' },
  verboseFreq: {
    default: 1000,
    check: integer(1, 1_000_000_000),
    help: 'steps between two snapshots and log lines',
  },
  outputDim: { default: 5, check: integer(1, 64), help: 'images per side of a snapshot' },
  discLr: perEpoch(
    0.0002,
    learningRate,
    "Adam's learning rate for the discriminator; a list such as 1e-3,5e-4 has one per epoch",
  ),
  genLr: perEpoch(0.0002, learningRate, "Adam's learning rate for the generator, or a list"),
  beta1: { default: 0.9, check: decay, help: "decay of Adam's first moment; Radford et al. use 0.5" },
  beta2: { default: 0.999, check: decay, help: "decay of Adam's second moment" },
  loss: { default: 'bce', check: oneOf('bce', 'relativistic'), help: "'bce' or 'relativistic'" },
  r1: perEpoch(0, penalty, 'weight of the gradient penalty on real images, or a list'),
  r2: perEpoch(0, penalty, 'weight of the gradient penalty on generated images, or a list'),
  mismatch: perEpoch(0, penalty, 'weight of the loss on real images with wrong labels, or a list'),
  dropout: { default: 0.3, check: decay, help: 'dropout probability of the discriminator' },
  labelSmoothing: { default: 0, check: decay, help: 'real images get the label 1 minus this value' },
  discSteps: { default: 1, check: integer(1, 100), help: 'discriminator updates per generator update' },
  emaDecay: {
    default: 0,
    check: decay,
    help: "decay of the average of the generator's weights; 0 for no average",
  },
  device: { default: 'auto', check: device, help: "'auto', 'cpu', 'cuda' or 'cuda:N'", machine: true },
  precision: {
    default: 'float32',
    check: oneOf('float32', 'bfloat16', 'auto'),
    help: "'float32', 'bfloat16' or 'auto'",
    machine: true,
  },
  kernels: {
    default: 'auto',
    check: oneOf('auto', 'plain'),
    help: "'auto', or 'plain' for LibTorch's autograd",
  },
  threads: {
    default: 'auto',
    check: (key, value) => (value === 'auto' ? value : checkInteger(key, value, 1, 1024, " or 'auto'")),
    help: "CPU threads per operation, or 'auto'",
    machine: true,
  },
  distributed: {
    default: false,
    check: distributed,
    help: 'train in the processes that torchrun, or RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, describe',
    machine: true,
  },
  seed: { check: integer(0, MAX_SEED), help: 'fixes weights, noise, order of the images and dropout' },
  maxBatch: {
    default: 64,
    check: integer(1, 4096),
    help: 'the most images per forward pass',
    machine: true,
  },
  maxQueue: {
    default: 4096,
    check: integer(1, 1_000_000),
    help: 'the most images that may wait to be sampled',
    machine: true,
  },
}

/** The names of all hyper-parameters, in the order in which they are documented. */
export const HYPER_PARAMS = Object.keys(PARAMS) as readonly (keyof HyperParams)[]

/** The names of the hyper-parameters that describe the machine and not the model. */
export const MACHINE_PARAMS: readonly string[] = HYPER_PARAMS.filter(key => PARAMS[key].machine)

/** The defaults of all hyper-parameters except `seed`, which is drawn. */
export const DEFAULTS = Object.freeze(
  Object.fromEntries(HYPER_PARAMS.filter(key => key !== 'seed').map(key => [key, PARAMS[key].default])),
) as Readonly<Omit<HyperParams, 'seed'>>

/** Returns where a hyper-parameter belongs that was given to a method; undefined for other keys. */
export function modelsKey(key: string): string | undefined {
  if (!(HYPER_PARAMS as readonly string[]).includes(key)) return undefined
  return `${key} is a hyper-parameter: give it to new DCGAN() or DCGAN.load()`
}

/**
 * Checks and completes hyper-parameters, and freezes them. Keys that are missing or `undefined` get their defaults, and
 * the seed is the one that `settleSeed` returns.
 *
 * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT` for an unknown key or a bad value
 */
export function resolveHyperParams(
  given?: HyperParamOptions,
  settleSeed: (seed: number | undefined, distributed: HyperParams['distributed']) => number = seed =>
    seed ?? drawSeed(),
): Readonly<HyperParams> {
  const checked = checkHyperParams('the hyper-parameters', given)
  const complete = { ...DEFAULTS, seed: 0, ...checked }
  if (complete.loss === 'relativistic' && complete.labelSmoothing > 0) {
    throw invalidArgument(
      'labelSmoothing',
      '0',
      complete.labelSmoothing,
      'the relativistic loss has no labels',
    )
  }
  return Object.freeze({ ...complete, seed: settleSeed(checked.seed, complete.distributed) })
}

/** Returns the values as a list, one per epoch. */
function listOf(values: ByEpoch): readonly number[] {
  return typeof values === 'number' ? [values] : values
}

/** Hyper-parameters with a list in place of each value per epoch. */
export type Listed<T> = { [K in keyof T]: ByEpoch extends T[K] ? readonly number[] : T[K] }

/** Returns the hyper-parameters with a list in place of each value per epoch. */
export function listed(hparams: Readonly<HyperParams>): Listed<HyperParams> {
  const lists = HYPER_PARAMS.filter(key => PARAMS[key].perEpoch).map(key => [
    key,
    listOf(hparams[key] as ByEpoch),
  ])
  return { ...hparams, ...Object.fromEntries(lists) }
}

/** Returns the value of an epoch. `epoch`: its number, from 1. */
export function inEpoch(values: ByEpoch, epoch: number): number {
  const list = listOf(values)
  return list[Math.min(epoch, list.length) - 1] as number
}

/** The old name of `kernels`. */
const STEP = 'step'

/** Checks the hyper-parameters that are given, and returns them without those that are `undefined`. */
export function checkHyperParams(what: string, given: unknown): Partial<HyperParams> {
  const values = checkKeys(what, given, [...HYPER_PARAMS, STEP])
  const { [STEP]: step } = values
  if (step !== undefined) {
    if (values.kernels !== undefined)
      throw invalidArgument(STEP, 'nothing', step, 'kernels, its new name, is given too')
    values.kernels = PARAMS.kernels.check(STEP, step)
    const message = "The hyper-parameter step is called kernels now. Rename it: { kernels: 'plain' }"
    warnOnce('DCGAN_STEP', message, { type: 'DeprecationWarning' })
  }
  const checked = HYPER_PARAMS.filter(key => values[key] !== undefined).map(key => [
    key,
    PARAMS[key].check(key, values[key]),
  ])
  return withoutPrototype(Object.fromEntries(checked))
}

type NumberCheck = (key: string, value: unknown, remark?: string) => number

function number(expected: string, fits: (value: number) => boolean): NumberCheck {
  return (key, value, remark = '') => {
    if (typeof value === 'number' && fits(value)) return value
    throw invalidArgument(key, `${expected}${remark}`, value)
  }
}

function perEpoch(value: number, check: NumberCheck, help: string): Param<ByEpoch> {
  return { default: value, check: byEpoch(check), help, perEpoch: true }
}

/** Makes the check of a value or a list of values. Copies and freezes lists. */
function byEpoch(check: NumberCheck) {
  return (key: string, value: unknown): ByEpoch =>
    reading(key, () => {
      if (!Array.isArray(value)) return check(key, value, ', or a list with one for each epoch,')
      const { length } = value
      if (length < 1 || length > MAX_EPOCH_VALUES) {
        throw invalidArgument(key, `a list of 1 to ${MAX_EPOCH_VALUES} values`, value)
      }
      return Object.freeze(Array.from({ length }, (_, i) => check(`${key}[${i}]`, value[i], '')))
    })
}

function distributed(key: string, value: unknown): HyperParams['distributed'] {
  if (value === false || value === 'env') return value
  throw invalidArgument(key, "false or 'env'", value)
}

function device(key: string, value: unknown): Device {
  if (typeof value === 'string' && /^(auto|cpu|cuda|cuda:(0|[1-9]\d?))$/.test(value)) return value as Device
  throw invalidArgument(key, "'auto', 'cpu', 'cuda' or 'cuda:N'", value)
}
