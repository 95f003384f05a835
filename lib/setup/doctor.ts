import os from 'node:os'
import path from 'node:path'
import { DcganError } from '../errors.js'
import { detailsOf } from '../internal/failure.js'
import { packageVersion } from '../internal/installed.js'
import { libc, PLATFORM, requirePlatform } from '../internal/platform.js'
import { checkDataSet, checkStep, trySampling, tryTraining } from './check-library.js'
import { type Check, checkAddon, checkGpu, checkLibTorch, type Findings, type Found } from './check-native.js'
import { BUILD_TOOLS, requireNode } from './programs.js'

const ROOT = path.join(__dirname, '..', '..')

export interface Report {
  ok: boolean
  version: string
  checks: Check[]
}

/** Makes a check, which fails with the error that `work` throws. An error of what is not `needed` is a note. */
function check(name: string, work: () => string | Found, needed = true): Check {
  try {
    const found = work()
    return { name, status: 'ok', ...(typeof found === 'string' ? { detail: found } : found) }
  } catch (error) {
    if (!(error instanceof DcganError)) throw error
    const { what, fix } = detailsOf(error)
    const detail = needed ? what : `${what} (Nothing has to be built.)`
    return { name, status: needed ? 'failed' : 'note', detail, ...(fix && { fix }), code: error.code }
  }
}

/** Describes the machine. Throws if PyTorch publishes no LibTorch for it. */
function checkPlatform(): string {
  requirePlatform()
  const memory = `${Math.round(os.totalmem() / 1e9)} GB of memory`
  const model = os.cpus()[0]?.model.trim() ?? 'unknown processor'
  return `${PLATFORM}, ${libc()}, ${model}, ${os.availableParallelism()} cores, ${memory}`
}

/** Examines the installation. */
export function diagnose(): Report {
  const findings: Findings = {}
  const libtorch = check('LibTorch', () => checkLibTorch(findings))
  const addon = check('addon', () => checkAddon(ROOT, findings))
  const checks = [
    check('Node.js', () => requireNode()),
    check('platform', checkPlatform),
    ...Object.entries(BUILD_TOOLS).map(([name, tool]) => check(name, tool, findings.building)),
    libtorch,
    check('GPU', () => checkGpu(findings)),
    addon,
    check('data set', () => checkDataSet(ROOT)),
    check('sampling', () => trySampling(ROOT, findings)),
    check('training', () => tryTraining(ROOT, findings)),
  ]
  if (findings.cudaDevices) checks.push(check('GPU step', () => checkStep(ROOT)))
  return { ok: checks.every(({ status }) => status !== 'failed'), version: packageVersion(), checks }
}
