import fs from 'node:fs'
import path from 'node:path'
import { cutShort } from './elf.js'
import { failure } from './failure.js'
import { quoted } from './lock.js'
import { isMusl, PLATFORM } from './platform.js'
import { tryAddon } from './try-addon.js'
import { minorOf } from './version.js'

/**
 * Returns why the prebuilt addon cannot be used here, as a sentence, or undefined if it can.
 *
 * @param libtorch without `lib`, LibTorch is yet to be fetched, and the addon is tried alone
 * @throws {DcganError} if it is not as it was shipped
 */
export function prebuiltMisfit(
  root: string,
  { version, cuda, lib }: { version: string; cuda: boolean; lib?: string },
): string | undefined {
  const [addon = '', training = ''] = ['dcgan.node', 'libdcgan_training.so'].map(name =>
    path.join(root, 'prebuilds', PLATFORM, name),
  )
  // musl has the same platform and architecture as glibc, and needs another addon.
  const musl = isMusl()
  if (musl || !fs.existsSync(addon))
    return `The package has no prebuilt addon for ${PLATFORM}${musl ? ' with musl' : ''}.`
  const short = [addon, training].find(cutShort)
  const damage = fs.existsSync(training) ? short && `${short} is cut short` : `${training} is missing`
  if (damage !== undefined) {
    const what = `The package is not as it was installed: ${damage}.`
    throw failure('ERR_DCGAN_NATIVE_NOT_FOUND', what, reinstallCommand(root))
  }
  const alone = tryAddon(addon)
  if (alone.version === undefined) return `The prebuilt addon does not load: ${alone.failure}.`
  if (cuda) return 'The prebuilt addon is for a LibTorch without CUDA.'
  if (minorOf(alone.version) !== minorOf(version))
    return `The prebuilt addon is for LibTorch ${minorOf(alone.version)}, and this is ${version}.`
  const { failure: message } = lib === undefined ? alone : tryAddon(addon, lib)
  return message && `The prebuilt addon does not load with this LibTorch: ${message}.`
}

/** Returns the command that restores what the package ships. */
export function reinstallCommand(root: string): string {
  const folder = path.relative(process.cwd(), root) || root
  return `rm -r ${/^[\w./@+-]+$/.test(folder) ? folder : quoted(folder)} && npm install`
}
