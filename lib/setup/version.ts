import path from 'node:path'
import { manifest } from '../internal/installed.js'
import { readText } from './disk.js'
import { failure } from './failure.js'
import { isOlder } from './programs.js'

// Newer releases have the numbers in the first header, which the second one then only includes.
const HEADERS = ['torch/headeronly/version.h', 'torch/csrc/api/include/torch/version.h']

/** Reads LibTorch's version from its headers, as "x.y.z". Returns undefined if none has it. */
export function readVersion(include: string): string | undefined {
  for (const header of HEADERS) {
    const text = readText(path.join(include, header)) ?? ''
    const parts = ['MAJOR', 'MINOR', 'PATCH'].map(part => {
      const define = `^[ \\t]*#[ \\t]*define[ \\t]+TORCH_VERSION_${part}[ \\t]+(\\d+)[ \\t\\r]*$`
      return new RegExp(define, 'm').exec(text)?.[1]
    })
    if (!parts.includes(undefined)) return parts.join('.')
  }
  return undefined
}

/** Returns "2.13" for "2.13.0": LibTorch's C++ ABI is the same within a minor version. */
export function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.')
}

/** Throws if a LibTorch is too old to build the addon with. */
export function requireSupported({ version, folder }: { version: string; folder: string }): void {
  const { libtorch: oldest } = manifest().config
  if (!isOlder(version, oldest) || process.env.LIBTORCH_BYPASS_VERSION_CHECK === '1') return
  throw failure(
    'ERR_DCGAN_LIBTORCH_MISMATCH',
    `LibTorch ${version} in ${folder} is too old: the addon needs ${oldest} or newer.`,
    'Unset LIBTORCH and LIBTORCH_USE_PYTORCH, then: npx libtorch-dcgan setup --cpu\nor try it all the same: LIBTORCH_BYPASS_VERSION_CHECK=1 npx libtorch-dcgan setup --rebuild',
  )
}
