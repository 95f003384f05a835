import crypto from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { DcganError } from '../errors.js'
import { filesUnder, readJson, writeJson } from '../internal/disk.js'
import { failure, messageOf, missing, SETUP } from '../internal/failure.js'
import { manifest } from '../internal/installed.js'
import { clear, duration, line, progress } from '../internal/report.js'
import { isOlder } from '../internal/version.js'
import type { LibTorchInfo } from './find.js'
import { requireBuildTools } from './programs.js'
import { run } from './run.js'

const SOURCES = /(\.(cc|h|cu)|CMakeLists\.txt|\.cmake)$/
const MEMORY_PER_JOB = 2_000_000_000

/** The state of the folder `build`. It lies there in addon.json. */
interface Stamp {
  /** The package's folder and the LibTorch that CMake was configured for. */
  configured?: string
  /** The hash of the sources that were compiled. Missing if the build did not end. */
  sources?: string | undefined
}

const stampOf = (root: string) => path.join(root, 'build', 'addon.json')
const outputsOf = (root: string) =>
  ['dcgan.node', 'libdcgan_training.so'].map(name => path.join(root, 'build', 'Release', name))

/** Returns the stamp of a build that has ended. */
function wantedStamp(root: string, { folder, version, cuda }: LibTorchInfo): Stamp {
  const hash = crypto.createHash('sha256')
  for (const name of ['CMakeLists.txt', 'binding', 'cmake']) {
    const files = path.extname(name) ? [''] : filesUnder(path.join(root, name), SOURCES)
    for (const file of files) hash.update(file).update(fs.readFileSync(path.join(root, name, file)))
  }
  return { configured: JSON.stringify({ root, folder, version, cuda }), sources: hash.digest('hex') }
}

/** Returns whether the addon was built here from these sources and this LibTorch. */
export function addonIsCurrent(root: string, libtorch: LibTorchInfo): boolean {
  const stamp = readJson<Stamp>(stampOf(root))
  if (stamp === undefined || !outputsOf(root).every(file => fs.existsSync(file))) return false
  const { configured, sources } = wantedStamp(root, libtorch)
  return stamp.configured === configured && stamp.sources === sources
}

/** Builds the addon and the training library with cmake-js. */
export async function buildAddon(root: string, libtorch: LibTorchInfo): Promise<void> {
  requireSupported(libtorch)
  requireBuildTools()
  const started = Date.now()
  const last = readJson<Stamp>(stampOf(root))
  const { configured, sources } = wantedStamp(root, libtorch)
  // Ninja logs what it has finished; Make takes a file that was half written for a new one.
  const continues = last?.sources !== undefined || fs.existsSync(path.join(root, 'build', 'build.ninja'))
  line(`Building the addon for LibTorch ${libtorch.version} (${libtorch.cuda ? 'CUDA' : 'CPU'})`)
  if (!continues || last?.configured !== configured) {
    fs.rmSync(stampOf(root), { force: true })
    await cmakeJs(root, ['reconfigure', `--CDLIBTORCH=${libtorch.folder}`])
  }
  await writeJson(stampOf(root), { configured })
  // Libraries that a build did not finish are linked again.
  if (last?.sources === undefined) for (const file of outputsOf(root)) fs.rmSync(file, { force: true })
  await cmakeJs(root, ['build', ...jobs()])
  await writeJson(stampOf(root), { configured, sources })
  line(`Built the addon in ${duration(started)}`)
}

/** Throws if a LibTorch is too old to build the addon with. */
function requireSupported({ version, folder }: LibTorchInfo): void {
  const { libtorch: oldest } = manifest().config
  if (!isOlder(version, oldest) || process.env.LIBTORCH_BYPASS_VERSION_CHECK === '1') return
  throw failure(
    'ERR_DCGAN_LIBTORCH_MISMATCH',
    `LibTorch ${version} in ${folder} is too old: the addon needs ${oldest} or newer.`,
    `Unset LIBTORCH and LIBTORCH_USE_PYTORCH, then: ${SETUP} --cpu\nor try it all the same: LIBTORCH_BYPASS_VERSION_CHECK=1 ${SETUP} --rebuild`,
  )
}

/** Returns the flag for as many compilers at once as there are processors and memory for. */
function jobs(): string[] {
  if (process.env.CMAKE_BUILD_PARALLEL_LEVEL) return []
  const fitting = Math.floor(os.totalmem() / MEMORY_PER_JOB)
  return ['--parallel', String(Math.max(1, Math.min(os.availableParallelism(), fitting)))]
}

async function cmakeJs(root: string, args: string[]): Promise<void> {
  let program: string
  try {
    program = require.resolve('cmake-js/bin/cmake-js', { paths: [root] })
  } catch (cause) {
    throw missing(`The package cmake-js is missing: ${messageOf(cause)}`, 'npm install', { cause })
  }
  const command = [program, ...args, '--directory', root]
  const { status, output } = await run(process.execPath, command, { cwd: root, onLine: showCompiling })
  clear()
  if (status !== 0) throw buildFailure(output)
}

/** Shows the progress that a line of Ninja ("[3/12]") or Make ("[ 25%]") reports. */
export function showCompiling(text: string): void {
  const [, done, total] = /^\[ *(\d+)(?:\/(\d+)|%)\]/.exec(text) ?? []
  if (done !== undefined) progress('  Compiling', Number(done), Number(total ?? 100))
}

function buildFailure(output: string): DcganError {
  const lines = output.trim().split('\n')
  const first = lines.findIndex(text => /^FAILED|error:|CMake Error|Error \d+$/.test(text))
  const shown = first < 0 ? lines.slice(-40) : lines.slice(first, first + 40)
  const fix = /Killed|cannot allocate memory|out of memory/i.test(output)
    ? `The machine ran out of memory. Compile one file at a time: CMAKE_BUILD_PARALLEL_LEVEL=1 ${SETUP}`
    : /No space left on device/.test(output)
      ? 'The disk is full: free some space, then run the set-up again.'
      : 'Fix the compiler errors above; `npx libtorch-dcgan doctor` shows the tools that were found.'
  return missing(`The addon does not build:\n${shown.join('\n')}`, fix)
}
