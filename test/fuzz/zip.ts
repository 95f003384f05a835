import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ZipFile } from '../../lib/setup/zip.js'
import type { Mutator } from '../checkpoint/mutate.js'
import { zip } from '../setup/zip-files.js'
import { corrupted } from './bytes.js'
import { hasCode, type Kind } from './kind.js'

const SIGNATURES = [0x04034b50, 0x02014b50, 0x06054b50, 0x06064b50, 0x07064b50]
const NUMBERS = [0, 1, 8, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0xffffffff]
/** What the system says of names that it does not take, and of two that are in each other's way. */
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

async function unpack(file: string, target: string): Promise<void> {
  const archive = await ZipFile.open(file)
  try {
    await archive.extract(target, (name: string) => name)
  } finally {
    archive.close()
  }
}

/** ZIP files that are unpacked into a folder, out of which nothing may get. */
export function zipFiles(folder: string): Kind {
  const all = seeds()
  const [file, target] = [join(folder, 'archive.zip'), join(folder, 'out')]
  return {
    async run(mutator) {
      const seed = mutator.pick(all)
      writeFileSync(file, mutator.below(2) === 0 ? field(seed, mutator) : corrupted(seed, mutator))
      mkdirSync(target)
      try {
        await unpack(file, target)
      } finally {
        rmSync(target, { recursive: true })
      }
      const beside = readdirSync(folder).filter(name => name !== 'archive.zip')
      if (beside.length > 0) throw new Error(`it wrote beside its folder: ${beside}`)
    },
    isRefusal: error => hasCode(error, 'ERR_DCGAN_IO', ...SYSTEM),
  }
}
