import type { NativeState, NativeTensor } from '../native/types.js'
import { type Container, withContainer } from './container.js'
import { quoted } from './errors.js'
import { decodeBF16, decodeF16 } from './half.js'
import { byteLength, type TensorInfo } from './header.js'
import { decodeMetadata, type Hparams, type StateInfo, sizesOf } from './metadata.js'
import { type StateKind, type TensorSpec, tensorTable } from './table.js'
import { CHUNK_BYTES, valueCheck } from './values.js'

/** The contents of a state file. */
export interface ReadState {
  kind: StateKind
  /** As in the file, each of them checked. */
  hparams: Hparams
  /** The tensors of the table, in its order. Only the generator's if `kind` is 'generator'. */
  state: NativeState
}

/**
 * Reads a state file and checks everything in it: the container, the table of tensors, and every number. Allocates no
 * tensor before the header is known to describe the whole file.
 *
 * Rejects with `ERR_DCGAN_BAD_CHECKPOINT` and the fault, and with `ERR_DCGAN_IO` if the file is missing or cannot be
 * read.
 */
export function readState(file: string): Promise<ReadState> {
  return withContainer(file, async container => {
    const info = decodeMetadata(container.metadata, container.fail)
    const found = matchTable(container, info)
    const tensors: NativeTensor[] = []
    for (const [spec, tensor] of found) {
      const data = await readTensor(container, tensor, spec)
      tensors.push({ name: tensor.name, dtype: spec.dtype, shape: tensor.shape, data })
    }
    const { step, epoch, batch, datasetCount, datasetHash } = info
    return {
      kind: info.kind,
      hparams: info.hparams,
      state: { step, epoch, batch, datasetCount, datasetHash, tensors },
    }
  })
}

/** Reads all tensors of a safetensors file of finite floating-point numbers, as float32. Rejects as `readState` does. */
export function readTensors(
  file: string,
): Promise<{ tensors: NativeTensor[]; metadata: Map<string, string> }> {
  return withContainer(file, async container => {
    const tensors: NativeTensor[] = []
    for (const info of container.tensors) {
      const { name, shape } = info
      const spec = { dtype: 'F32', shape, values: 'finite' } as const
      tensors.push({ name, shape, dtype: 'F32', data: await readTensor(container, info, spec) })
    }
    return { tensors, metadata: container.metadata }
  })
}

/** Reads only the header of a state file. Rejects as `readState` does. */
export function readInfo(file: string): Promise<StateInfo> {
  return withContainer(file, async ({ metadata, fail }) => decodeMetadata(metadata, fail))
}

/** Finds the table's tensors in the file. The file may hold no others. */
function matchTable({ tensors, fail }: Container, info: StateInfo): [TensorSpec, TensorInfo][] {
  const table = tensorTable(sizesOf(info))
  const infos = new Map(tensors.map(tensor => [tensor.name, tensor]))
  for (const { name } of tensors) {
    if (!table.has(name)) fail(`tensor ${quoted(name)} has no place in a state of kind "${info.kind}"`)
  }
  return [...table].map(([name, spec]) => {
    const tensor = infos.get(name) ?? fail(`tensor ${quoted(name)} is missing`)
    const { dtype, shape } = tensor
    if (shape.length !== spec.shape.length || shape.some((size, i) => size !== spec.shape[i])) {
      fail(`tensor "${name}" has shape [${shape.join(', ')}] instead of [${spec.shape.join(', ')}]`)
    }
    // Continuing training exactly takes every bit. Generating images does not.
    const half = info.kind === 'generator' && spec.dtype === 'F32' && (dtype === 'F16' || dtype === 'BF16')
    if (dtype !== spec.dtype && !half) fail(`tensor "${name}" has dtype ${dtype} instead of ${spec.dtype}`)
    return [spec, tensor]
  })
}

async function readTensor(container: Container, tensor: TensorInfo, spec: TensorSpec): Promise<ArrayBuffer> {
  const { fail } = container
  const check = valueCheck(spec)
  const data = allocate(container, tensor, spec)
  const halves =
    tensor.dtype === spec.dtype ? undefined : new Uint16Array(Math.min(CHUNK_BYTES, data.byteLength) / 4)
  for (let offset = 0; offset < data.byteLength; offset += CHUNK_BYTES) {
    const bytes = Math.min(CHUNK_BYTES, data.byteLength - offset)
    if (halves === undefined) {
      await container.read(new Uint8Array(data, offset, bytes), tensor.begin + offset)
    } else {
      const part = halves.subarray(0, bytes / 4)
      await container.read(new Uint8Array(part.buffer, 0, part.byteLength), tensor.begin + offset / 2)
      const decode = tensor.dtype === 'F16' ? decodeF16 : decodeBF16
      decode(part, new Float32Array(data, offset, part.length))
    }
    const wrong = check(data, offset, bytes)
    if (wrong !== undefined) fail(`tensor "${tensor.name}" ${wrong}`)
  }
  return data
}

function allocate({ fail }: Container, { name, shape }: TensorInfo, { dtype }: TensorSpec): ArrayBuffer {
  const bytes = byteLength(dtype, shape) as number
  try {
    return new ArrayBuffer(bytes)
  } catch (cause) {
    return fail(`tensor "${name}" takes ${bytes} bytes, more memory than there is`, {
      advice: 'Load it on a larger machine',
      cause,
    })
  }
}
