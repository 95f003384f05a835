import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { unzip } from '../../../lib/internal/unzip.js'
import { zip } from '../../setup/zip-files.js'
import type { Mutator } from '../mutator.js'
import { files } from './kind.js'

const SIGNATURES = [0x04034b50, 0x02014b50, 0x06054b50, 0x06064b50, 0x07064b50]
const NUMBERS = [0, 1, 8, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0xffffffff]
/** The system's codes for names that it does not take, and for two names that exclude each other. */
const SYSTEM = ['ENAMETOOLONG', 'ENOTDIR', 'EEXIST', 'EISDIR', 'EINVAL']

function seeds(): Buffer[] {
  const items = [
    { name: 'torch/', data: '' },
    { name: 'torch/lib/libtorch.so', data: 'a library '.repeat(200) },
    { name: 'torch/include/torch.h', data: '#pragma once\n', stored: true },
    { name: 'torch/bin/tool', data: '#!/bin/sh\n', mode: 0o100755 },
    { name: 'empty', data: '' },
  ]
  const wide = items.map(item => ({ ...item, zip64: true }))
  return [zip(items), zip(items, { comment: 'a comment' }), zip(wide, { zip64: true })]
}

/** Writes a number into one of the records, where its fields are. */
function field(bytes: Buffer, mutator: Mutator): Buffer {
  const copy = Buffer.from(bytes)
  const signature = Buffer.alloc(4)
  signature.writeUInt32LE(mutator.pick(SIGNATURES))
  const places: number[] = []
  for (let at = copy.indexOf(signature); at >= 0; at = copy.indexOf(signature, at + 4)) places.push(at)
  if (places.length === 0) return copy
  const at = Math.min(mutator.pick(places) + 4 + 2 * mutator.below(26), copy.length - 4)
  if (mutator.below(2) === 0) copy.writeUInt32LE(mutator.pick(NUMBERS), at)
  else copy.writeUInt16LE(mutator.pick(NUMBERS) & 0xffff, at)
  return copy
}

/** ZIP files that are unpacked into a folder. Nothing may be written outside it. */
export function zipFiles(folder: string) {
  const all = seeds()
  const [path, target] = [join(folder, 'archive.zip'), join(folder, 'out')]
  return files({
    make(mutator) {
      const seed = mutator.pick(all)
      return { path, bytes: mutator.below(2) === 0 ? field(seed, mutator) : mutator.corrupted(seed) }
    },
    async read() {
      mkdirSync(target)
      try {
        await unzip(path, target, (name: string) => name)
      } finally {
        rmSync(target, { recursive: true })
      }
      const outside = readdirSync(folder).filter(name => name !== 'archive.zip')
      if (outside.length > 0) throw new Error(`it wrote outside its folder: ${outside}`)
    },
    codes: ['ERR_DCGAN_IO', ...SYSTEM],
  })
}
