import os from 'node:os'
import path from 'node:path'
import { DcganError } from '../errors.js'
import { packageVersion } from '../internal/installed.js'
import { checkAddon } from './check-addon.js'
import { checkDataSet, checkStep, trySampling, tryTraining } from './check-library.js'
import { checkGpu, checkLibTorch } from './check-libtorch.js'
import { detailsOf } from './failure.js'
import type { Check, Findings, Found } from './findings.js'
import { libc, PLATFORM, requirePlatform } from './platform.js'
import { BUILD_TOOLS, requireNode } from './programs.js'

const ROOT = path.join(__dirname, '..', '..')

export interface Report {
  ok: boolean
  version: string
  checks: Check[]
}

/** Makes a check, which fails with the error that `work` throws. An error of what is not `needed` is a note. */
async function check(
  name: string,
  work: () => string | Found | Promise<string | Found>,
  needed = true,
): Promise<Check> {
  try {
    const found = await work()
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
export async function diagnose(): Promise<Report> {
  const findings: Findings = {}
  const libtorch = await check('LibTorch', () => checkLibTorch(findings))
  const addon = await check('addon', () => checkAddon(ROOT, findings))
  const { building = false } = findings
  const checks = [
    await check('Node.js', () => requireNode()),
    await check('platform', checkPlatform),
    ...(await Promise.all(Object.entries(BUILD_TOOLS).map(([name, tool]) => check(name, tool, building)))),
    libtorch,
    await check('GPU', () => checkGpu(findings)),
    addon,
    await check('data set', () => checkDataSet(ROOT)),
    await check('sampling', () => trySampling(ROOT, findings)),
    await check('training', () => tryTraining(ROOT, findings)),
  ]
  if (findings.cudaDevices) checks.push(await check('GPU step', () => checkStep(ROOT)))
  return { ok: checks.every(({ status }) => status !== 'failed'), version: packageVersion(), checks }
}
