import { type Hparams, type StateKind, type TensorSpec, tensorTable } from '../../lib/checkpoint/index.js'
import type { ValueRule } from '../../lib/checkpoint/table.js'
import type { NativeState, NativeTensor } from '../../lib/native/types.js'

export interface StateOptions {
  kind?: StateKind
  latentDim?: number
  outputDim?: number
  /** 0 for a state between two epochs. */
  datasetCount?: number
  step?: number
  /** With an average of the generator's weights. */
  averaged?: boolean
}

/** A state of right shapes with numbers that float16 holds exactly and that differ between tensors. */
export function makeState(options: StateOptions = {}): NativeState {
  const {
    kind = 'full',
    latentDim = 2,
    outputDim = 1,
    datasetCount = 10,
    step = 13,
    averaged = false,
  } = options
  const running = kind === 'full' && datasetCount > 0
  const table = tensorTable({
    kind,
    latentDim,
    classes: 0,
    outputDim,
    epochCount: running ? datasetCount : 0,
    averaged,
  })
  return {
    step,
    epoch: 1,
    batch: running ? 3 : 0,
    datasetCount: running ? datasetCount : 0,
    datasetHash: running ? '0123456789abcdef' : '',
    tensors: [...table].map(([name, spec], index) => makeTensor(name, spec, index)),
  }
}

/** Hyper-parameters that belong to such a state. */
export function hparamsOf({ latentDim = 2, outputDim = 1, averaged = false }: StateOptions = {}): Hparams {
  return { batchSize: 2, latentDim, outputDim, seed: 7, beta1: 0.5, ...(averaged && { emaDecay: 0.999 }) }
}

function makeTensor(name: string, { dtype, shape, values }: TensorSpec, index: number): NativeTensor {
  const count = shape.reduce((product, size) => product * size, 1)
  const data = dtype === 'I64' ? integers(count, values, index) : floats(count, values, index)
  return { name, dtype, shape: [...shape], data }
}

function floats(count: number, values: ValueRule, index: number): ArrayBuffer {
  const array = new Float32Array(count)
  const lift = values === 'non-negative' ? 48 : 0
  for (let i = 0; i < count; i++) array[i] = (((i * 7 + index * 13) % 97) - 48 + lift) / 256
  return array.buffer
}

function integers(count: number, values: ValueRule, index: number): ArrayBuffer {
  const array = new BigInt64Array(count)
  if (values === 'permutation') for (let i = 0; i < count; i++) array[i] = BigInt(count - 1 - i)
  else array.fill(BigInt(index))
  if (values === 'random-state') array[0] = -5n
  return array.buffer
}

/** The tensors' bytes by name, for comparisons of whole states. */
function bytesOf(state: NativeState): Map<string, Buffer> {
  return new Map(state.tensors.map(({ name, data }) => [name, Buffer.from(data)]))
}

/** Expects that two states have the same tensors, bit for bit, and are equal otherwise. */
export function expectSameState(actual: NativeState, expected: NativeState): void {
  const { tensors: actualTensors, ...actualRest } = actual
  const { tensors, ...rest } = expected
  expect(actualRest).toEqual(rest)
  expect(actualTensors.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual(
    tensors.map(({ name, dtype, shape }) => [name, dtype, shape]),
  )
  const bytes = bytesOf(actual)
  for (const [name, wanted] of bytesOf(expected))
    expect([name, bytes.get(name)?.equals(wanted)]).toEqual([name, true])
}
