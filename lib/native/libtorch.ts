import path from 'node:path'
import { DcganError, type DcganErrorCode } from '../errors.js'
import { findLibTorch, type LibTorchInfo } from '../setup/find.js'
import { minorOf } from '../setup/version.js'
import { messageOf, type OpenAddon, refuseCutShort, SETUP } from './addon.js'

/**
 * Finds the LibTorch that fits the addon, and lets the addon open it and the training library.
 *
 * @throws {DcganError} ERR_DCGAN_NATIVE_NOT_FOUND, ERR_DCGAN_LIBTORCH_MISMATCH
 */
export function openLibTorch({ addon, file }: OpenAddon): LibTorchInfo {
  if (addon.compiledVersion === '') {
    throw new DcganError(
      'ERR_DCGAN_NATIVE_NOT_FOUND',
      `The addon (${file}) was built without LibTorch, so its models sample and do not train. Run "npx libtorch-dcgan setup --rebuild"`,
    )
  }
  const minor = minorOf(addon.compiledVersion)
  const libtorch = find(minor)
  if (minorOf(libtorch.version) !== minor && process.env.LIBTORCH_BYPASS_VERSION_CHECK !== '1') {
    throw new DcganError(
      'ERR_DCGAN_LIBTORCH_MISMATCH',
      `The addon (${file}) was built for LibTorch ${addon.compiledVersion}, but ${named(libtorch)} is LibTorch ` +
        `${libtorch.version}, and C++ libraries of different minor versions do not fit each other. ` +
        `Run "npx libtorch-dcgan setup" to build the addon for that one, with CMake and a C++20 compiler${wayOut(libtorch, minor)}`,
    )
  }
  const libraries = ['libtorch.so', 'libtorch_cpu.so', 'libc10.so'].map(name => path.join(libtorch.lib, name))
  refuseCutShort([path.join(path.dirname(file), 'libdcgan_training.so'), ...libraries])
  try {
    addon.load(libtorch.lib)
  } catch (cause) {
    throw new DcganError(
      codeOf(cause),
      `The training library and LibTorch ${libtorch.version} in ${libtorch.folder} could not be opened: ${messageOf(cause)}. ${SETUP}`,
      { cause },
    )
  }
  return libtorch
}

function find(minor: string): LibTorchInfo {
  let found: LibTorchInfo | undefined
  try {
    found = findLibTorch([minor])
  } catch (cause) {
    if (!(cause instanceof DcganError) || cause.message.includes('npx libtorch-dcgan')) throw cause
    const advice = 'Without it, "npx libtorch-dcgan setup" fetches LibTorch'
    throw new DcganError(cause.code, `${cause.message} ${advice}`, { cause })
  }
  if (found !== undefined) return found
  throw new DcganError(
    'ERR_DCGAN_NATIVE_NOT_FOUND',
    'LibTorch was not found: LIBTORCH is not set, LIBTORCH_USE_PYTORCH is not 1, and the cache folder has none. ' +
      'Run "npx libtorch-dcgan setup" to fetch it',
  )
}

function named({ source, folder }: LibTorchInfo): string {
  if (source === 'LIBTORCH') return `LIBTORCH (${folder})`
  if (source === 'PyTorch') return `the active Python's PyTorch (${folder})`
  return `what the cache has (${folder})`
}

function wayOut({ source }: LibTorchInfo, minor: string): string {
  if (source === 'LIBTORCH') return `, or point LIBTORCH at a ${minor}, or unset it`
  if (source === 'PyTorch')
    return `, or activate an environment with torch ${minor}, or unset LIBTORCH_USE_PYTORCH`
  return ', or "npx libtorch-dcgan setup --cpu" to fetch the LibTorch of the prebuilt addon'
}

function codeOf(thrown: unknown): DcganErrorCode {
  const { code } = thrown as { code?: unknown }
  return typeof code === 'string' && code.startsWith('ERR_DCGAN_')
    ? (code as DcganErrorCode)
    : 'ERR_DCGAN_NATIVE_NOT_FOUND'
}
