import path from 'node:path'
import { DcganError, type DcganErrorCode } from '../errors.js'
import { assertInstalled } from '../installed.js'
import type { NativeAddon } from './types.js'

/** The LibTorch in use. */
export interface LibTorchInfo {
  /** The folder with `lib/` and `include/`. */
  folder: string
  lib: string
  /** From its headers, for example "2.13.0". */
  version: string
  /** True if it was built with CUDA. */
  cuda: boolean
  /** Where it was found: through LIBTORCH, in the active Python's PyTorch, or in the cache of `setup`. */
  source: 'LIBTORCH' | 'PyTorch' | 'cache'
}

/** The exports of `scripts/`. They run before lib/ is compiled, so they are JavaScript, typed here. */
interface Finder {
  findLibTorch(prefer: string[]): LibTorchInfo | undefined
}
interface Versions {
  minorOf(version: string): string
}
interface Elf {
  cutShort(file: string): boolean
}
interface Platforms {
  requirePlatform(): void
}
interface Loader {
  path(root: string): string
}

// The package's root: the path is the same from lib/ and from dist/.
const ROOT = path.join(__dirname, '..', '..')
const SETUP = 'Run "npx libtorch-dcgan setup" (and "npx libtorch-dcgan doctor" to see what is wrong)'

/**
 * Opens the addon, finds the LibTorch that fits it, and lets the addon open it. LibTorch is half a gigabyte, so this is
 * slow and happens only for the first model.
 *
 * @throws {DcganError} ERR_DCGAN_NATIVE_NOT_FOUND, ERR_DCGAN_LIBTORCH_MISMATCH
 */
export function openAddon(): { addon: NativeAddon; libtorch: LibTorchInfo } {
  assertInstalled(ROOT)
  const { minorOf } = require('../../scripts/libtorch/version.js') as Versions
  const { addon, file } = requireAddon()
  const minor = minorOf(addon.compiledVersion)
  const libtorch = findLibTorch(minor)
  if (minorOf(libtorch.version) !== minor && process.env.LIBTORCH_BYPASS_VERSION_CHECK !== '1') {
    throw new DcganError(
      'ERR_DCGAN_LIBTORCH_MISMATCH',
      `The addon (${file}) was built for LibTorch ${addon.compiledVersion}, but ${named(libtorch)} is LibTorch ` +
        `${libtorch.version}, and C++ libraries of different minor versions do not fit each other. ` +
        `Run "npx libtorch-dcgan setup" to build the addon for that one, with CMake and a C++20 compiler${wayOut(libtorch, minor)}`,
    )
  }
  const libraries = ['libtorch.so', 'libtorch_cpu.so', 'libc10.so'].map(name => path.join(libtorch.lib, name))
  refuseCutShort([path.join(path.dirname(file), 'libdcgan_engine.so'), ...libraries])
  try {
    addon.load(libtorch.lib)
  } catch (cause) {
    throw new DcganError(
      codeOf(cause),
      `The addon and LibTorch ${libtorch.version} in ${libtorch.folder} could not be opened: ${words(cause)}. ${SETUP}`,
      { cause },
    )
  }
  return { addon, libtorch }
}

/** Returns whether the package has an addon for this platform, or can have one. */
export function hasAddon(): boolean {
  assertInstalled(ROOT)
  const { requirePlatform } = require('../../scripts/libtorch/platform.js') as Platforms
  try {
    requirePlatform()
    return true
  } catch {
    return false
  }
}

function requireAddon(): { addon: NativeAddon; file: string } {
  const platform = `${process.platform}-${process.arch}`
  let file: string
  try {
    file = (require('node-gyp-build') as Loader).path(ROOT)
  } catch (cause) {
    const tried = [path.join('build', 'Release'), path.join('prebuilds', platform)].join(' and ')
    throw new DcganError(
      'ERR_DCGAN_NATIVE_NOT_FOUND',
      `The native addon was not found: no .node file for ${platform} in ${tried} of ${ROOT}. ${advice()}`,
      { cause },
    )
  }
  refuseCutShort([file])
  try {
    return { addon: require(file) as NativeAddon, file }
  } catch (cause) {
    throw new DcganError(
      'ERR_DCGAN_NATIVE_NOT_FOUND',
      `The native addon does not load here: ${file}: ${words(cause)}. ${advice()}`,
      { cause },
    )
  }
}

/** Returns what the user can do without an addon. If PyTorch publishes no LibTorch, set-up cannot help. */
function advice(): string {
  const { requirePlatform } = require('../../scripts/libtorch/platform.js') as Platforms
  try {
    requirePlatform()
    return SETUP
  } catch (problem) {
    const { message, fix } = problem as { message: string; fix: string }
    return `${message} ${fix.replaceAll('\n', '. ')}`
  }
}

/** Loading a library that is cut short would kill the process without a message. */
function refuseCutShort(files: string[]): void {
  const { cutShort } = require('../../scripts/files/elf.js') as Elf
  const damaged = files.find(cutShort)
  if (damaged === undefined) return
  throw new DcganError('ERR_DCGAN_NATIVE_NOT_FOUND', `${damaged} is damaged: its end is missing. ${SETUP}`)
}

function findLibTorch(minor: string): LibTorchInfo {
  const { findLibTorch } = require('../../scripts/libtorch/find.js') as Finder
  let found: LibTorchInfo | undefined
  try {
    found = findLibTorch([minor])
  } catch (cause) {
    const { fix, code } = cause as { fix?: string; code?: string }
    const advice =
      fix === undefined
        ? SETUP
        : code === 'CACHE'
          ? `What to do: ${fix}`
          : `${fix} Without it, "npx libtorch-dcgan setup" fetches LibTorch`
    throw new DcganError('ERR_DCGAN_NATIVE_NOT_FOUND', `${words(cause)} ${advice}`, { cause })
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

/** Returns the loader's message, of an error or of the `{ code, message }` that the addon throws. */
function words(thrown: unknown): string {
  const { message } = thrown as { message?: unknown }
  return (typeof message === 'string' ? message : String(thrown)).trim()
}

function codeOf(thrown: unknown): DcganErrorCode {
  const { code } = thrown as { code?: unknown }
  return typeof code === 'string' && code.startsWith('ERR_DCGAN_')
    ? (code as DcganErrorCode)
    : 'ERR_DCGAN_NATIVE_NOT_FOUND'
}
