import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { DcganError } from '../errors.js'
import { filesUnder, requireSpace } from './disk.js'
import { failure, messageOf } from './failure.js'
import type { LibTorchInfo } from './find.js'
import { requireBuildTools } from './programs.js'
import { clear, duration, line, progress } from './report.js'
import { run } from './run.js'
import { readStamp, type Stamp } from './stamp.js'
import { requireSupported } from './version.js'

const SOURCES = /(\.(cc|h|cu)|CMakeLists\.txt|\.cmake)$/
const OUTPUTS = ['dcgan.node', 'libdcgan_training.so'].map(name => path.join('build', 'Release', name))
// The precompiled header of LibTorch takes 0.7 GB.
const DISK = 1_200_000_000
const MEMORY_PER_JOB = 2_000_000_000

function stampOf(root: string, { folder, version, cuda }: LibTorchInfo): Stamp {
  const sources = ['binding', 'cmake'].flatMap(part =>
    filesUnder(path.join(root, part), SOURCES).map(name => path.join(part, name)),
  )
  const file = path.join(root, 'build', 'addon.json')
  return readStamp(root, file, ['CMakeLists.txt', ...sources], { folder, version, cuda })
}

/** Returns whether the addon was built here from these sources and this LibTorch. */
export function addonIsCurrent(root: string, libtorch: LibTorchInfo): boolean {
  return stampOf(root, libtorch).current
}

/** Builds the addon and the training library with cmake-js. */
export async function buildAddon(root: string, libtorch: LibTorchInfo): Promise<void> {
  requireSupported(libtorch)
  requireBuildTools()
  requireSpace(root, DISK, 'Building the addon', 'put the package on a larger disk')
  const started = Date.now()
  const stamp = stampOf(root, libtorch)
  stamp.remove()
  // Libraries that this step did not finish, or that were changed since, are linked again.
  if (!stamp.whole) for (const name of OUTPUTS) fs.rmSync(path.join(root, name), { force: true })
  const first = mustConfigure(root, libtorch, stamp.whole)
  line(`Building the addon for LibTorch ${libtorch.version} (${libtorch.cuda ? 'CUDA' : 'CPU'})`)
  if (first) await cmakeJs(root, ['reconfigure', `--CDLIBTORCH=${libtorch.folder}`])
  await cmakeJs(root, ['build', ...jobs()])
  await stamp.write(OUTPUTS)
  line(`Built the addon in ${duration(Date.now() - started)}`)
}

/**
 * Returns whether the build folder must be made again: cmake-js ignores changed variables once CMake's cache exists.
 *
 * @param whole whether what was built last is as it was
 */
function mustConfigure(root: string, libtorch: LibTorchInfo, whole: boolean): boolean {
  const has = (name: string) => fs.existsSync(path.join(root, 'build', name))
  // A configuration that failed leaves a cache, but nothing to build by.
  if (!has('CMakeCache.txt') || !(has('build.ninja') || has('Makefile'))) return true
  const cache = fs.readFileSync(path.join(root, 'build', 'CMakeCache.txt'), 'utf8')
  const value = (name: string) => new RegExp(`^${name}:[A-Z]+=(.*)$`, 'm').exec(cache)?.[1]
  const known = `${libtorch.version} ${libtorch.cuda ? 'CUDA' : 'CPU'}`
  if (value('LIBTORCH') !== libtorch.folder || value('LIBTORCH_KNOWN') !== known) return true
  if (value('CMAKE_HOME_DIRECTORY') !== root) return true
  // Ninja logs what it has finished; Make takes a file that was half written for a new one.
  return !whole && value('CMAKE_GENERATOR') !== 'Ninja'
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
    const manifest = require.resolve('cmake-js/package.json', { paths: [root] })
    program = path.join(path.dirname(manifest), 'bin', 'cmake-js')
  } catch (cause) {
    const what = `The package cmake-js is missing: ${messageOf(cause)}`
    throw failure('ERR_DCGAN_NATIVE_NOT_FOUND', what, 'npm install', { cause })
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
    ? 'The machine ran out of memory. Compile one file at a time: CMAKE_BUILD_PARALLEL_LEVEL=1 npx libtorch-dcgan setup'
    : /No space left on device/.test(output)
      ? 'The disk is full: free some space, then run the set-up again.'
      : 'Fix the compiler errors above; `npx libtorch-dcgan doctor` shows the tools that were found.'
  return failure('ERR_DCGAN_NATIVE_NOT_FOUND', `The addon does not build:\n${shown.join('\n')}`, fix)
}
