import { FEATURES } from '../internal/sizes.js'
import type { NativeDtype } from '../native/types.js'

/** `generator`: the tensors that sampling needs. `full`: all tensors that training needs to continue. */
export type StateKind = 'full' | 'generator'

/** Which numbers a tensor may hold. */
export type ValueRule = 'finite' | 'non-negative' | 'count' | 'random-state' | 'permutation'

/** Type, shape and numbers of a tensor in a state file. */
export interface TensorSpec {
  dtype: Extract<NativeDtype, 'F32' | 'I64'>
  shape: readonly number[]
  values: ValueRule
}

/** The sizes that decide the shapes. `epochCount` is 0 between two epochs. */
export interface StateSizes {
  kind: StateKind
  latentDim: number
  classes: number
  outputDim: number
  epochCount: number
  /** True if there is also an average of the generator's weights. */
  averaged: boolean
}

/** The tensor with the order of the images. It exists while an epoch is under way. */
export const PERMUTATION = 'epoch.permutation'

type Shapes = Record<string, readonly number[]>

/** Lists every tensor of a state file by name, in the engine's order. */
export function tensorTable({
  kind,
  latentDim,
  classes,
  outputDim,
  epochCount,
  averaged,
}: StateSizes): Map<string, TensorSpec> {
  const generator = generatorParameters(latentDim + classes)
  const discriminator = discriminatorParameters(classes)
  const table = new Map<string, TensorSpec>()
  const add = (name: string, dtype: TensorSpec['dtype'], shape: readonly number[], values: ValueRule) =>
    table.set(name, { dtype, shape, values })

  const addGenerator = (prefix: string) => {
    for (const [name, shape] of Object.entries(generator)) add(`${prefix}${name}`, 'F32', shape, 'finite')
    for (const [norm, features] of Object.entries(BATCH_NORMS)) {
      add(`${prefix}${norm}.running_mean`, 'F32', [features], 'finite')
      add(`${prefix}${norm}.running_var`, 'F32', [features], 'non-negative')
      add(`${prefix}${norm}.num_batches_tracked`, 'I64', [], 'count')
    }
  }

  addGenerator('generator.')
  if (kind === 'generator') return table
  if (averaged) addGenerator('average.generator.')

  for (const [name, shape] of Object.entries(discriminator))
    add(`discriminator.${name}`, 'F32', shape, 'finite')
  for (const [net, parameters] of Object.entries({ generator, discriminator })) {
    for (const [name, shape] of Object.entries(parameters)) {
      add(`optimizer.${net}.${name}.exp_avg`, 'F32', shape, 'finite')
      add(`optimizer.${net}.${name}.exp_avg_sq`, 'F32', shape, 'non-negative')
    }
    add(`optimizer.${net}.step`, 'I64', [], 'count')
  }
  add('rng.noise', 'I64', [2], 'random-state')
  add('rng.dropout', 'I64', [2], 'random-state')
  add('fixed_latents', 'F32', [outputDim ** 2, latentDim], 'finite')
  if (epochCount > 0) add(PERMUTATION, 'I64', [epochCount], 'permutation')
  return table
}

const BATCH_NORMS = { bn1: FEATURES, bn2: 128, bn3: 64 }

function generatorParameters(inputs: number): Shapes {
  return {
    'linear.weight': [FEATURES, inputs],
    'bn1.weight': [FEATURES],
    'bn1.bias': [FEATURES],
    'conv1.weight': [256, 128, 5, 5],
    'bn2.weight': [128],
    'bn2.bias': [128],
    'conv2.weight': [128, 64, 4, 4],
    'bn3.weight': [64],
    'bn3.bias': [64],
    'conv3.weight': [64, 1, 4, 4],
  }
}

function discriminatorParameters(classes: number): Shapes {
  const features = 128 * 7 * 7
  return {
    // LibTorch lists a module's own parameters before its submodules'.
    ...(classes > 0 && { projection: [classes, features] }),
    'conv1.weight': [64, 1, 4, 4],
    'conv1.bias': [64],
    'conv2.weight': [128, 64, 4, 4],
    'conv2.bias': [128],
    'linear.weight': [1, features],
    'linear.bias': [1],
  }
}
