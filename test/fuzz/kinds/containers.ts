import { openContainer } from '../../../lib/checkpoint/container.js'
import { encodeHeader } from '../../../lib/checkpoint/encode.js'
import { withSource } from '../../../lib/checkpoint/file.js'
import { ELEMENT_BYTES, type Header } from '../../../lib/checkpoint/header.js'

/** Small files of every kind of tensor. */
export function containers(): Buffer[] {
  const file = (tensors: [string, keyof typeof ELEMENT_BYTES, number[]][], metadata: [string, string][]) => {
    let end = 0
    const header: Header = {
      metadata: new Map(metadata),
      tensors: tensors.map(([name, dtype, shape]) => {
        const begin = end
        end += shape.reduce((product, size) => product * size, ELEMENT_BYTES[dtype])
        return { name, dtype, shape, begin, end }
      }),
    }
    return Buffer.concat([encodeHeader(header), Buffer.alloc(end, 1)])
  }
  return [
    file([], []),
    file([['a', 'U8', [5]]], [['format', 'x']]),
    file(
      [
        ['n', 'I64', []],
        ['w', 'F32', [2, 3]],
        ['e', 'F32', [0]],
        ['h', 'F16', [3]],
      ],
      [
        ['format', 'ü"\\'],
        ['k', ''],
      ],
    ),
    file(
      Array.from({ length: 12 }, (_, i) => [`layer.${i}.weight`, 'F32', [i, 2]]),
      [['step', '12']],
    ),
  ]
}

/** Reads every tensor of a file of these bytes, and expects that what is accepted tiles the data. */
export function readContainer(file: string, bytes: Buffer): Promise<void> {
  return withSource(file, async reader => {
    const { tensors, read } = await openContainer(reader)
    let end = 0
    for (const tensor of tensors) {
      if (tensor.begin !== end) throw new Error(`${tensor.name} begins at ${tensor.begin}`)
      end = tensor.end
      await read(new Uint8Array(tensor.end - tensor.begin))
    }
    if (end + 8 + Number(bytes.readBigUInt64LE()) !== bytes.length) throw new Error(`the data ends at ${end}`)
  })
}
