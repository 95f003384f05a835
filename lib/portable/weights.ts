import { failureIn } from '../checkpoint/errors.js'
import { decodeBF16, decodeF16 } from '../checkpoint/half.js'
import { LENGTH_BYTES, parseHeader, type TensorInfo } from '../checkpoint/header.js'
import { decodeMetadata, sizesOf } from '../checkpoint/metadata.js'
import { tensorTable } from '../checkpoint/table.js'
import { valueCheck } from '../checkpoint/values.js'
import { type FoldedGenerator, fold } from '../onnx/fold.js'

const PREFIX = 'generator.'

/**
 * Reads a generator from the bytes of a file that `save(file, { only: 'generator' })` wrote. Checks everything in it.
 *
 * @param name of the file, for messages
 * @throws {DcganError} `ERR_DCGAN_BAD_CHECKPOINT`
 */
export function readGenerator(bytes: Uint8Array, name: string): FoldedGenerator {
  const fail = failureIn(name)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const room = bytes.length - LENGTH_BYTES
  const length = room < 0 ? 0 : Number(view.getBigUint64(0, true))
  if (length === 0 || length > room) fail('it does not begin with the length of a header')
  const data = bytes.subarray(LENGTH_BYTES + length)
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length), data.length, fail)
  const info = decodeMetadata(header.metadata, fail)
  if (info.kind !== 'generator') {
    fail('it holds a whole model', { advice: "Save it with { only: 'generator' }" })
  }
  const found = new Map(header.tensors.map(tensor => [tensor.name, tensor]))
  const tensors = new Map<string, Float32Array>()
  for (const [key, spec] of tensorTable(sizesOf(info))) {
    const tensor = found.get(key)
    if (tensor === undefined || String(tensor.shape) !== String(spec.shape)) {
      return fail(`it has no tensor "${key}" of the shape [${spec.shape.join(', ')}]`)
    }
    if (spec.dtype !== 'F32') continue
    const values = float32(tensor, data) ?? fail(`tensor "${key}" has dtype ${tensor.dtype}`)
    const wrong = valueCheck(spec)(values.buffer as ArrayBuffer, 0, values.byteLength)
    if (wrong !== undefined) fail(`tensor "${key}" ${wrong}`)
    tensors.set(key.slice(PREFIX.length), values)
  }
  const { latentDim, classes } = sizesOf(info)
  return fold(tensors, latentDim, classes)
}

/** Copies a tensor's numbers to float32; undefined if they are not floating-point numbers. */
function float32({ dtype, begin, end }: TensorInfo, data: Uint8Array): Float32Array | undefined {
  const { buffer } = Uint8Array.from(data.subarray(begin, end))
  if (dtype === 'F32') return new Float32Array(buffer)
  if (dtype !== 'F16' && dtype !== 'BF16') return undefined
  const halves = new Uint16Array(buffer)
  const values = new Float32Array(halves.length)
  const decode = dtype === 'F16' ? decodeF16 : decodeBF16
  decode(halves, values)
  return values
}
