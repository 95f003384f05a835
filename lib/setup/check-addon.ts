import path from 'node:path'
import { failure, SETUP } from './failure.js'
import type { Findings, Found } from './findings.js'
import { reinstallCommand } from './prebuilt.js'
import { tryAddon } from './try-addon.js'
import { minorOf } from './version.js'

/** How the user replaces a LibTorch that is damaged. */
const REPLACE = {
  LIBTORCH: 'Point LIBTORCH at an intact LibTorch, or unset it.',
  PyTorch: 'python3 -m pip install --force-reinstall torch',
  cache: `${SETUP} --remove && ${SETUP}`,
}

const refuse = (what: string, fix: string) => failure('ERR_DCGAN_NATIVE_NOT_FOUND', what, fix)

/** Loads the addon, alone and with LibTorch, in a process of its own, and adds what it finds to `findings`. */
export function checkAddon(root: string, findings: Findings): Found {
  const { libtorch } = findings
  findings.building = true
  const file = findAddon(root)
  const prebuilt = path.relative(root, file).startsWith('prebuilds')
  findings.building = !prebuilt
  const kind = prebuilt ? 'prebuilt' : 'built here'
  const fix = prebuilt ? reinstallCommand(root) : `${SETUP} --rebuild`
  const { version, failure: message } = tryAddon(file)
  if (version === undefined) throw refuse(`${file} (${kind}) does not load: ${message}`, fix)
  findings.samples = true
  const detail = `${kind}, for LibTorch ${version || 'none'}: ${file}`
  if (libtorch === undefined) {
    findings.building = false
    return { detail }
  }
  if (version === '')
    throw refuse(`${detail}; but there is LibTorch ${libtorch.version}`, `${SETUP} --rebuild`)
  if (minorOf(version) !== minorOf(libtorch.version) && process.env.LIBTORCH_BYPASS_VERSION_CHECK !== '1') {
    findings.building = true
    const what = `${detail}; but LibTorch is ${libtorch.version}`
    throw failure('ERR_DCGAN_LIBTORCH_MISMATCH', what, SETUP)
  }
  const together = tryAddon(file, libtorch.lib)
  if (together.failure !== undefined) {
    const damaged = together.failure.includes(libtorch.lib)
    findings.building = !damaged && !prebuilt
    const what = `${detail} does not load LibTorch: ${together.failure}`
    throw refuse(what, damaged ? REPLACE[libtorch.source] : fix)
  }
  findings.building = false
  findings.trains = true
  const { threads, level, cudaDevices = 0 } = together.info ?? {}
  findings.cudaDevices = cudaDevices
  return { detail: `${detail} (level ${level}, ${threads} threads)` }
}

function findAddon(root: string): string {
  try {
    return (require('node-gyp-build') as { path(root: string): string }).path(root)
  } catch (cause) {
    const place = `${process.platform}-${process.arch} in build/Release or prebuilds of ${root}`
    throw failure('ERR_DCGAN_NATIVE_NOT_FOUND', `None for ${place}.`, SETUP, { cause })
  }
}
