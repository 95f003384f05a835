import type { ByteReader } from '../internal/source.js'
import type { NativeState, NativeTensor } from '../native/types.js'
import { type Container, openContainer } from './container.js'
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
  /** The names of the classes of the data set, if the file has them. */
  classNames: readonly string[] | undefined
  /** The tensors of the table, in its order. Only the generator's if `kind` is 'generator'. */
  state: NativeState
}

/** Calls `read` with a reader, and closes it. */
export async function closing<T>(reader: ByteReader, read: (reader: ByteReader) => Promise<T>): Promise<T> {
  try {
    return await read(reader)
  } finally {
    await reader.close()
  }
}

/**
 * Reads a state file and checks everything in it: the container, the table of tensors, and every number. Allocates no
 * tensor before the header is known to describe a state.
 *
 * @throws {DcganError} `ERR_DCGAN_BAD_CHECKPOINT` and the fault; `ERR_DCGAN_IO` if the file cannot be read
 */
export async function readStateFrom(reader: ByteReader): Promise<ReadState> {
  const container = await openContainer(reader)
  const info = decodeMetadata(container.metadata, container.fail)
  const table = matchTable(container, info)
  const data = new Map<string, ArrayBuffer>()
  // Tensors are read in the order of the file.
  for (const tensor of container.tensors) {
    data.set(tensor.name, await readTensor(container, tensor, table.get(tensor.name) as TensorSpec))
  }
  await container.end()
  const tensors = [...table].map(
    ([name, { dtype, shape }]): NativeTensor => ({
      name,
      dtype,
      shape: [...shape],
      data: data.get(name) as ArrayBuffer,
    }),
  )
  const { step, epoch, batch, origin, datasetCount, datasetHash } = info
  return {
    kind: info.kind,
    hparams: info.hparams,
    classNames: info.classNames,
    state: { step, epoch, batch, ...(origin && { origin }), datasetCount, datasetHash, tensors },
  }
}

/** Reads all tensors of a safetensors file of finite floating-point numbers, as float32. Rejects as `readState` does. */
export async function readTensorsFrom(
  reader: ByteReader,
): Promise<{ tensors: NativeTensor[]; metadata: Map<string, string> }> {
  const container = await openContainer(reader)
  const tensors: NativeTensor[] = []
  for (const info of container.tensors) {
    const { name, shape } = info
    const spec = { dtype: 'F32', shape, values: 'finite' } as const
    tensors.push({ name, shape, dtype: 'F32', data: await readTensor(container, info, spec) })
  }
  await container.end()
  return { tensors, metadata: container.metadata }
}

/** Reads only the header of a state file. Rejects as `readState` does. */
export async function readInfoFrom(reader: ByteReader): Promise<StateInfo> {
  const { metadata, fail } = await openContainer(reader)
  return decodeMetadata(metadata, fail)
}

/** Returns the table of the tensors in the file. */
function matchTable({ tensors, fail }: Container, info: StateInfo): Map<string, TensorSpec> {
  const table = tensorTable(sizesOf(info))
  const infos = new Map(tensors.map(tensor => [tensor.name, tensor]))
  for (const { name } of tensors) {
    if (!table.has(name)) fail(`tensor ${quoted(name)} has no place in a state of kind "${info.kind}"`)
  }
  for (const [name, spec] of table) {
    const tensor = infos.get(name) ?? fail(`tensor ${quoted(name)} is missing`)
    const { dtype, shape } = tensor
    if (shape.length !== spec.shape.length || shape.some((size, i) => size !== spec.shape[i])) {
      fail(`tensor "${name}" has shape [${shape.join(', ')}] instead of [${spec.shape.join(', ')}]`)
    }
    // Continuing training exactly takes every bit. Generating images does not.
    const half = info.kind === 'generator' && spec.dtype === 'F32' && (dtype === 'F16' || dtype === 'BF16')
    if (dtype !== spec.dtype && !half) fail(`tensor "${name}" has dtype ${dtype} instead of ${spec.dtype}`)
  }
  return table
}

async function readTensor(container: Container, tensor: TensorInfo, spec: TensorSpec): Promise<ArrayBuffer> {
  const { fail } = container
  const check = valueCheck(spec)
  const data = allocate(container, tensor, spec)
  const halves =
    tensor.dtype === spec.dtype ? undefined : new Uint16Array(Math.min(CHUNK_BYTES, data.byteLength) / 4)
  for (let offset = 0; offset < data.byteLength; offset += CHUNK_BYTES) {
    const bytes = Math.min(CHUNK_BYTES, data.byteLength - offset)
    let checked = false
    if (halves === undefined) {
      await container.read(new Uint8Array(data, offset, bytes))
    } else {
      const part = halves.subarray(0, bytes / 4)
      await container.read(new Uint8Array(part.buffer, 0, part.byteLength))
      const decode = tensor.dtype === 'F16' ? decodeF16 : decodeBF16
      // Decoding has looked at each number already.
      checked = decode(part, new Float32Array(data, offset, part.length)) && spec.values === 'finite'
    }
    const wrong = checked ? undefined : check(data, offset, bytes)
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
