import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { cacheFolder } from '../internal/cache-folder.js'
import { attempt, codeOf, explain, ioFailure, messageOf, missing, SETUP } from '../internal/failure.js'
import { requirePlatform } from '../internal/platform.js'
import { clear, line } from '../internal/report.js'
import { prebuiltMisfit, tryAddon } from './addon.js'
import { addonIsCurrent, buildAddon } from './build-addon.js'
import { releaseFor } from './catalogue.js'
import { findLibTorch, type LibTorchInfo } from './find.js'
import { withLock } from './lock.js'
import { hasNvidiaDriver, requireBuildTools, requireNode } from './programs.js'
import { stopAll } from './run.js'

const ROOT = path.join(__dirname, '..', '..')

export interface SetUpOptions {
  cpu?: boolean
  cuda?: boolean
  from?: string
  rebuild?: boolean
}

/** Finds or fetches LibTorch, and prepares the addon. A second call does only what is left to do. */
export async function setUp(options: SetUpOptions = {}): Promise<void> {
  await interruptibleSetUp(async () => {
    requireNode()
    checkChoice(options)
    // Two set-ups of one folder, as npm start and npm test run them, would disturb each other's build. The lock lies in
    // the folder. A user who may not write to the folder builds nothing, and needs no lock.
    const work = () => provide(options)
    const mayWrite = attempt(() => fs.accessSync(ROOT, fs.constants.W_OK) ?? true)
    await (mayWrite ? withLock(path.join(ROOT, '.setup.lock'), work) : work())
  })
}

/** Runs `work` so that Ctrl-C also ends the programs that it started. Explains errors of the system. */
export async function interruptibleSetUp(work: () => Promise<void>): Promise<void> {
  const stop = (signal: NodeJS.Signals) => {
    stopAll()
    line('Interrupted. Nothing half-made is left. To continue, run the command again.')
    process.exit(128 + os.constants.signals[signal])
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    await work()
  } catch (cause) {
    const [code, message] = [codeOf(cause), messageOf(cause)]
    if (/^(EACCES|EPERM|EROFS)$/.test(code)) {
      const fix = `Run set-up as the owner of ${ROOT} and ${cacheFolder()}.`
      throw ioFailure(`Set-up has no permission to write: ${message}`, fix, { cause })
    }
    if (!/^(ENOSPC|EDQUOT)$/.test(code)) throw cause
    throw ioFailure(`The disk is full: ${message}`, 'Free some space, then run the set-up again.', { cause })
  } finally {
    clear()
    process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop)
  }
}

function checkChoice({ cpu, cuda, from }: SetUpOptions): void {
  const chosen = [cpu && '--cpu', cuda && '--cuda', from !== undefined && '--from'].find(Boolean)
  const { LIBTORCH, LIBTORCH_USE_PYTORCH } = process.env
  const variable = LIBTORCH ? 'LIBTORCH' : LIBTORCH_USE_PYTORCH === '1' ? 'LIBTORCH_USE_PYTORCH' : undefined
  if (!chosen || variable === undefined) return
  throw missing(`${variable} is set, and ${chosen} names another LibTorch.`, `unset ${variable}`)
}

async function provide(options: SetUpOptions): Promise<void> {
  const clone = fs.existsSync(path.join(ROOT, 'tsconfig.build.json'))
  const fromSource = clone || options.rebuild === true || process.env.LIBTORCH_DCGAN_BUILD_FROM_SOURCE === '1'
  const libtorch = await provideLibTorch(options, fromSource)
  if (options.rebuild) fs.rmSync(path.join(ROOT, 'build'), { recursive: true, force: true })
  await provideAddon(libtorch, fromSource)
  line(`Ready: LibTorch ${libtorch.version} (${libtorch.cuda ? 'CUDA' : 'CPU'}) in ${libtorch.folder}`)
}

async function provideLibTorch(options: SetUpOptions, fromSource: boolean): Promise<LibTorchInfo> {
  const { cpu, cuda, from } = options
  const found = cpu || cuda || from ? undefined : findLibTorch()
  if (found !== undefined) return found
  const variant = cuda || (!cpu && hasNvidiaDriver()) ? 'cuda' : 'cpu'
  if (from === undefined) {
    // The platform and the tools are checked before the long download.
    requirePlatform()
    const { version } = releaseFor(variant)
    if (fromSource || prebuiltMisfit(ROOT, { version, cuda: variant === 'cuda' }) !== undefined) {
      const why = 'There is an NVIDIA driver, and for CUDA the addon is built here.'
      if (variant === 'cpu' || cuda || fromSource) requireBuildTools()
      else
        explain(why, `Install it, or take the prebuilt addon, for the CPU: ${SETUP} --cpu`, requireBuildTools)
    }
  }
  // Most set-ups fetch nothing, and loading what fetches takes long.
  const { fetchLibTorch } = require('./fetch.js') as typeof import('./fetch.js')
  return fetchLibTorch(variant, from)
}

async function provideAddon(libtorch: LibTorchInfo, fromSource: boolean): Promise<void> {
  if (addonIsCurrent(ROOT, libtorch)) return
  const build = path.join(ROOT, 'build')
  if (!fromSource) {
    const misfit = prebuiltMisfit(ROOT, libtorch)
    // An addon that was built here for another LibTorch would be loaded before the prebuilt one.
    if (misfit === undefined) return fs.rmSync(build, { recursive: true, force: true })
    line(`${misfit} Building one from source.`)
  }
  await buildAddon(ROOT, libtorch)
  const { failure } = tryAddon(path.join(build, 'Release', 'dcgan.node'), libtorch.lib)
  if (failure !== undefined)
    throw missing(`The addon was built, but does not load: ${failure}`, 'npx libtorch-dcgan doctor')
}
