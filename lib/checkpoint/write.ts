import { DcganError, invalidArgument } from '../errors.js'
import { writeFileAtomic } from '../internal/files.js'
import { packageVersion } from '../internal/installed.js'
import { withoutPrototype } from '../internal/options.js'
import type { NativeState, NativeTensor } from '../native/types.js'
import { encodeHeader } from './encode.js'
import type { Fail } from './errors.js'
import { encodeF16 } from './half.js'
import { byteLength, type Dtype, ELEMENT_BYTES, type TensorInfo } from './header.js'
import { decodeMetadata, encodeMetadata, type Hparams, type StateInfo, sizesOf } from './metadata.js'
import { PERMUTATION, type TensorSpec, tensorTable } from './table.js'
import { CHUNK_BYTES, valueCheck } from './values.js'

/** Options of `writeState`. */
interface WriteStateOptions {
  /** Writes only the tensors that sampling needs: a third of the size. */
  only?: 'generator' | undefined
  /** Writes the generator in half precision (F16), which halves the size again. Needs `only: 'generator'`. */
  half?: boolean
  /** Flushes the file and its folder to the disk before resolving. */
  durable?: boolean
  /** The names of the classes of the data set. */
  classNames?: readonly string[] | undefined
}

/** A tensor, its place in the file, and its specification. */
interface Part {
  info: TensorInfo
  spec: TensorSpec
  data: ArrayBuffer
}

/**
 * Writes a state file, whole or not at all. Writes only what `readState` accepts. The state's buffers are not copied, so
 * they must not change until this resolves.
 *
 * Rejects with `ERR_DCGAN_DIVERGED` if a number is not finite, and with `ERR_DCGAN_IO` and the cause if the file cannot
 * be written. An existing file is then unchanged.
 */
export async function writeState(
  file: string,
  state: NativeState,
  hparams: Hparams,
  options: WriteStateOptions = {},
): Promise<void> {
  const { only, half = false, durable = false, classNames } = withoutPrototype(options)
  if (half && only !== 'generator')
    throw invalidArgument('half', 'false', half, "only a generator can be halved. Give only: 'generator' too")
  const info = { ...describeState(state, hparams, only ?? 'full'), classNames }
  const metadata = encodeMetadata(info)
  decodeMetadata(metadata, failInState)
  const parts = layOut(state.tensors, info, half)
  const header = encodeHeader({ tensors: parts.map(part => part.info), metadata })
  await writeFileAtomic(file, contents(file, header, parts), { durable })
}

function describeState(state: NativeState, hparams: Hparams, kind: StateInfo['kind']): StateInfo {
  const { step, epoch, origin, datasetCount, datasetHash } = state
  const batch = kind === 'full' ? state.batch : 0
  const running = kind === 'full' && state.tensors.some(({ name }) => name === PERMUTATION)
  return {
    kind,
    hparams,
    step,
    epoch,
    batch,
    ...(origin && { origin }),
    datasetCount,
    datasetHash,
    running,
    library: packageVersion(),
  }
}

/** Finds the table's tensors in the state and gives each its place. */
function layOut(tensors: readonly NativeTensor[], info: StateInfo, half: boolean): Part[] {
  const table = tensorTable(sizesOf(info))
  const given = new Map(tensors.map(tensor => [tensor.name, tensor]))
  const extra = tensors.find(({ name }) => info.kind === 'full' && !table.has(name))
  if (extra !== undefined || given.size !== tensors.length)
    failInState(`${extra?.name ?? 'a tensor'} is one too many`)
  const parts = [...table].map(([name, spec]): Part => {
    const { dtype, shape, data } = given.get(name) ?? failInState(`tensor ${name} is missing`)
    if (
      dtype !== spec.dtype ||
      shape.join() !== spec.shape.join() ||
      data.byteLength !== byteLength(dtype, shape)
    ) {
      failInState(`tensor ${name} is ${dtype} [${shape.join(', ')}] of ${data.byteLength} bytes`)
    }
    const stored: Dtype = half && dtype === 'F32' ? 'F16' : dtype
    return { spec, data, info: { name, dtype: stored, shape: [...shape], begin: 0, end: 0 } }
  })
  // Python's writer has this order too: the widest type first, so that all are aligned, then by name.
  parts.sort(
    (a, b) =>
      ELEMENT_BYTES[b.info.dtype] - ELEMENT_BYTES[a.info.dtype] || (a.info.name < b.info.name ? -1 : 1),
  )
  let end = 0
  for (const { info } of parts) {
    info.begin = end
    end += byteLength(info.dtype, info.shape) as number
    info.end = end
  }
  return parts
}

/** Yields the file's bytes. Checks each part of a tensor first. */
function* contents(file: string, header: Uint8Array, parts: readonly Part[]): Generator<Uint8Array> {
  yield header
  for (const { info, spec, data } of parts) {
    const check = valueCheck(spec)
    for (let offset = 0; offset < data.byteLength; offset += CHUNK_BYTES) {
      const bytes = Math.min(CHUNK_BYTES, data.byteLength - offset)
      const wrong = check(data, offset, bytes)
      if (wrong !== undefined) {
        if (spec.dtype !== 'F32') failInState(`${info.name} ${wrong}`)
        throw new DcganError(
          'ERR_DCGAN_DIVERGED',
          `Not written to ${file}: ${info.name} ${wrong}. Go back to the last state file or checkpoint`,
        )
      }
      yield info.dtype === 'F16'
        ? halved(info.name, data, offset, bytes)
        : new Uint8Array(data, offset, bytes)
    }
  }
}

function halved(name: string, data: ArrayBuffer, offset: number, bytes: number): Uint8Array {
  const source = new Float32Array(data, offset, bytes / Float32Array.BYTES_PER_ELEMENT)
  const target = new Uint16Array(source.length)
  encodeF16(source, target)
  const large = target.findIndex(value => (value & 0x7fff) === 0x7c00)
  if (large >= 0) {
    const why = `${name} holds ${source[large]}, and half precision ends at 65504`
    throw invalidArgument('half', 'false', true, why)
  }
  return new Uint8Array(target.buffer)
}

const failInState: Fail = what => {
  throw new DcganError('ERR_DCGAN_NATIVE', `The model's state cannot be written: ${what}`)
}
