import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { cutShort } from '../internal/elf.js'
import { codeOf, missing } from '../internal/failure.js'
import { isMusl, PLATFORM } from '../internal/platform.js'
import { shellWord } from '../internal/shell.js'
import { minorOf } from '../internal/version.js'
import type { NativeInfo } from '../native/types.js'

// Loading LibTorch takes half a second; from a cold disk, on a busy machine, a minute.
const LIMIT_MS = 120_000

/** The answer of a script: what it returned, or the code and message of what it threw. */
interface Answer<T> {
  value?: T
  code?: string
  failure?: string
  /** True if the process ended without an answer. */
  crashed?: boolean
}

/** Runs the body of an asynchronous function in a process of its own, where a crash does no harm. */
export function runScript<T>(body: string, args: string[]): Answer<T> {
  const script = `
    const say = answer => process.stdout.write('\\n' + JSON.stringify(answer))
    ;(async ([a, b]) => {${body}})(process.argv.slice(1)).then(
      value => say({ value }),
      ({ code, message }) => say({ code, failure: message }),
    )`
  const options = { encoding: 'utf8', timeout: LIMIT_MS, maxBuffer: Infinity } as const
  const argv = ['--no-warnings', '-e', script, ...args]
  const { signal, stdout, stderr, error } = spawnSync(process.execPath, argv, options)
  try {
    // LibTorch may have written warnings before the answer.
    return JSON.parse(stdout.slice(stdout.lastIndexOf('\n')))
  } catch {
    const silent = codeOf(error) === 'ETIMEDOUT' && `did not answer within ${LIMIT_MS / 1000} seconds`
    const end = signal ? `was ended by ${signal}` : `ended: ${stderr.trim()}`
    return { failure: `the process that loaded it ${silent || end}`, crashed: true }
  }
}

const LOAD = `
  const addon = require(a)
  if (b) addon.load(b)
  return { version: addon.compiledVersion, info: b ? addon.info() : undefined }`

/** The outcome of loading an addon. */
interface Tried {
  /** The LibTorch that it was compiled for. */
  version?: string
  /** The abilities of that LibTorch. */
  info?: NativeInfo
  /** The loader's message. */
  failure?: string | undefined
}

/** Loads an addon, and LibTorch with it if its `lib/` is given, in a process of its own. */
export function tryAddon(file: string, libraries = ''): Tried {
  const { value, failure, crashed } = runScript<Tried>(LOAD, [file, libraries])
  if (value !== undefined) return value
  const training = path.join(path.dirname(file), 'libdcgan_training.so')
  const others = libraries === '' ? [] : fs.readdirSync(libraries).map(name => path.join(libraries, name))
  const damaged = crashed && [file, training, ...others].find(cutShort)
  return { failure: damaged ? `${damaged} is cut short` : failure }
}

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
  const folder = path.join(root, 'prebuilds', PLATFORM)
  const [addon, training] = [path.join(folder, 'dcgan.node'), path.join(folder, 'libdcgan_training.so')]
  // musl has the same platform and architecture as glibc, and needs another addon.
  const musl = isMusl()
  if (musl || !fs.existsSync(addon))
    return `The package has no prebuilt addon for ${PLATFORM}${musl ? ' with musl' : ''}.`
  const short = [addon, training].find(cutShort)
  const damage = fs.existsSync(training) ? short && `${short} is cut short` : `${training} is missing`
  if (damage !== undefined)
    throw missing(`The package is not as it was installed: ${damage}.`, reinstallCommand(root))
  const alone = tryAddon(addon)
  if (alone.version === undefined) return `The prebuilt addon does not load: ${alone.failure}.`
  if (cuda) return 'The prebuilt addon is for a LibTorch without CUDA.'
  if (minorOf(alone.version) !== minorOf(version))
    return `The prebuilt addon is for LibTorch ${minorOf(alone.version)}, and this is ${version}.`
  const { failure } = lib === undefined ? alone : tryAddon(addon, lib)
  return failure && `The prebuilt addon does not load with this LibTorch: ${failure}.`
}

/** Returns the command that restores what the package ships. */
export function reinstallCommand(root: string): string {
  return `rm -r ${shellWord(path.relative(process.cwd(), root) || root)} && npm install`
}
