import type { NativeTensor } from '../native/types.js'
import { encodeHeader } from './encode.js'

/** Makes a safetensors file of float32 tensors. */
export function encodeTensors(
  tensors: readonly NativeTensor[],
  metadata: ReadonlyMap<string, string>,
): Buffer {
  let end = 0
  const infos = tensors.map(({ name, shape, data }) => {
    const begin = end
    end += data.byteLength
    return { name, dtype: 'F32' as const, shape, begin, end }
  })
  const header = encodeHeader({ tensors: infos, metadata: new Map(metadata) })
  return Buffer.concat([header, ...tensors.map(({ data }) => new Uint8Array(data))])
}
