import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import type { NativeInfo } from '../native/types.js'
import { cutShort } from './elf.js'
import { codeOf } from './failure.js'

// Loading LibTorch takes half a second; from a cold disk, on a busy machine, a minute.
const LIMIT_MS = 120_000

const SCRIPT = `
const [file, libraries] = process.argv.slice(1)
const addon = require(file)
if (libraries) addon.load(libraries)
process.stdout.write(JSON.stringify({ version: addon.compiledVersion, info: libraries ? addon.info() : undefined }))
`

/** The outcome of loading an addon. */
interface Tried {
  /** The LibTorch that it was compiled for. */
  version?: string
  /** The abilities of that LibTorch. */
  info?: NativeInfo
  /** The loader's message. */
  failure?: string
}

/**
 * Loads an addon, and LibTorch with it if its `lib/` is given, in a process of its own, where a crash does no harm.
 */
export function tryAddon(file: string, libraries = ''): Tried {
  const options = { encoding: 'utf8', timeout: LIMIT_MS, env: process.env } as const
  const ended = spawnSync(process.execPath, ['-e', SCRIPT, file, libraries], options)
  const { status, signal, stdout, stderr, error } = ended
  if (status === 0) return JSON.parse(stdout)
  const child = 'the process that loaded it'
  if (codeOf(error) === 'ETIMEDOUT')
    return { failure: `${child} did not answer within ${LIMIT_MS / 1000} seconds` }
  if (signal === null) {
    const message = /^(?:Error: |.*message: ['"`])(.*?)['"`]?,?$/m.exec(stderr)?.[1]
    return { failure: message ?? stderr.trim() }
  }
  const training = path.join(path.dirname(file), 'libdcgan_training.so')
  const others = libraries === '' ? [] : fs.readdirSync(libraries).map(name => path.join(libraries, name))
  const damaged = [file, training, ...others].find(cutShort)
  return { failure: damaged ? `${damaged} is cut short` : `${child} was ended by ${signal}` }
}
