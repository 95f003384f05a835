import { existsSync } from 'node:fs'
import path from 'node:path'
import { DcganError } from '../errors.js'
import { cutShort } from '../internal/elf.js'
import { detailsOf, messageOf, SETUP } from '../internal/failure.js'
import { assertInstalled } from '../internal/installed.js'
import { lazy } from '../internal/lazy.js'
import type { NativeAddon } from './types.js'

/** The addon, and the file that it was loaded from. */
export interface OpenAddon {
  addon: NativeAddon
  file: string
}

interface Loader {
  path(root: string): string
}

/** It is slow to load, so it is loaded only after a failure. */
const platforms = lazy(() => require('../internal/platform.js') as typeof import('../internal/platform.js'))

// The package's root: the path is the same from lib/ and from dist/.
const ROOT = path.join(__dirname, '..', '..')

/** The advice that helps against most failures. */
export const ADVICE = `Run "${SETUP}" (and "npx libtorch-dcgan doctor" to see what is wrong)`

/**
 * Finds and loads the addon, which needs no LibTorch.
 *
 * @throws {DcganError} ERR_DCGAN_NATIVE_NOT_FOUND
 */
export function openAddon(): OpenAddon {
  assertInstalled(ROOT)
  return load()
}

/**
 * The same, but returns undefined where the package has no addon for the platform and cannot have one.
 *
 * @throws {DcganError} ERR_DCGAN_NATIVE_NOT_FOUND
 */
export function openAddonIfAny(): OpenAddon | undefined {
  assertInstalled(ROOT)
  // With gcompat, Alpine might open the addon for glibc.
  if (existsSync('/etc/alpine-release')) return undefined
  try {
    return load()
  } catch (error) {
    if (problemOfPlatform() === undefined) throw error
    return undefined
  }
}

function load(): OpenAddon {
  const platform = `${process.platform}-${process.arch}`
  let file: string
  try {
    file = (require('node-gyp-build') as Loader).path(ROOT)
  } catch (cause) {
    const tried = [path.join('build', 'Release'), path.join('prebuilds', platform)].join(' or ')
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
      `The native addon does not load here: ${file}: ${messageOf(cause).trim()}. ${advice()}`,
      { cause },
    )
  }
}

/**
 * Returns advice for an addon that is missing or does not load. Usually it is set-up, which can compile an addon. That
 * needs a LibTorch for the platform; where there is none, the advice says so.
 */
function advice(): string {
  const problem = problemOfPlatform()
  if (problem === undefined) return ADVICE
  const { what, fix = '' } = detailsOf(problem)
  return `${what} ${fix.replaceAll('\n', '. ')}`
}

/** Returns why this platform is not supported: then there is neither a LibTorch nor an addon for it. */
function problemOfPlatform(): Error | undefined {
  try {
    platforms().requirePlatform()
    return undefined
  } catch (problem) {
    return problem as Error
  }
}

/** Loading a library that is cut short would kill the process without a message. */
export function refuseCutShort(files: string[]): void {
  const damaged = files.find(cutShort)
  if (damaged === undefined) return
  throw new DcganError('ERR_DCGAN_NATIVE_NOT_FOUND', `${damaged} is damaged: its end is missing. ${ADVICE}`)
}
