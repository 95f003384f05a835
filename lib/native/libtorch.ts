import path from 'node:path'
import { DcganError, type DcganErrorCode } from '../errors.js'
import { codeOf, messageOf, SETUP } from '../internal/failure.js'
import { minorOf } from '../internal/version.js'
import { findLibTorch, type LibTorchInfo } from '../setup/find.js'
import { ADVICE, type OpenAddon, refuseCutShort } from './addon.js'

/**
 * Finds the LibTorch that fits the addon, and lets the addon open it and the training library.
 *
 * @throws {DcganError} ERR_DCGAN_NATIVE_NOT_FOUND, ERR_DCGAN_LIBTORCH_MISMATCH
 */
export function openLibTorch({ addon, file }: OpenAddon): LibTorchInfo {
  if (addon.compiledVersion === '') {
    throw new DcganError(
      'ERR_DCGAN_NATIVE_NOT_FOUND',
      `The addon (${file}) was built without LibTorch, so its models sample and do not train. Run "${SETUP} --rebuild"`,
    )
  }
  const minor = minorOf(addon.compiledVersion)
  const libtorch = find(minor)
  if (minorOf(libtorch.version) !== minor && process.env.LIBTORCH_BYPASS_VERSION_CHECK !== '1') {
    throw new DcganError(
      'ERR_DCGAN_LIBTORCH_MISMATCH',
      `The addon (${file}) was built for LibTorch ${addon.compiledVersion}, but ${named(libtorch)} is LibTorch ` +
        `${libtorch.version}, and only the same minor version fits. ` +
        `Run "${SETUP}" to build the addon for ${libtorch.version}, with CMake and a C++20 compiler${wayOut(libtorch, minor)}`,
    )
  }
  const libraries = ['libtorch.so', 'libtorch_cpu.so', 'libc10.so'].map(name => path.join(libtorch.lib, name))
  refuseCutShort([path.join(path.dirname(file), 'libdcgan_training.so'), ...libraries])
  try {
    addon.load(libtorch.lib)
  } catch (cause) {
    const code = codeOf(cause)
    throw new DcganError(
      code.startsWith('ERR_DCGAN_') ? (code as DcganErrorCode) : 'ERR_DCGAN_NATIVE_NOT_FOUND',
      `The training library and LibTorch ${libtorch.version} in ${libtorch.folder} could not be opened: ${messageOf(cause).trim()}. ${ADVICE}`,
      { cause },
    )
  }
  return libtorch
}

function find(minor: string): LibTorchInfo {
  const found = findLibTorch([minor])
  if (found !== undefined) return found
  throw new DcganError(
    'ERR_DCGAN_NATIVE_NOT_FOUND',
    'LibTorch was not found: LIBTORCH is not set, LIBTORCH_USE_PYTORCH is not 1, and the cache folder has none. ' +
      `Run "${SETUP}" to fetch it`,
  )
}

function named({ source, folder }: LibTorchInfo): string {
  if (source === 'LIBTORCH') return `LIBTORCH (${folder})`
  if (source === 'PyTorch') return `the active Python's PyTorch (${folder})`
  return `the one in the cache (${folder})`
}

function wayOut({ source }: LibTorchInfo, minor: string): string {
  if (source === 'LIBTORCH') return `, or point LIBTORCH at a LibTorch ${minor}, or unset it`
  if (source === 'PyTorch')
    return `, or activate an environment with torch ${minor}, or unset LIBTORCH_USE_PYTORCH`
  return `, or "${SETUP} --cpu" to fetch the LibTorch of the prebuilt addon`
}
