'use strict'

const fs = require('node:fs')
const { Problem } = require('../problem.js')
const { which } = require('../tools.js')

/** What PyTorch builds LibTorch for. */
const MIN_GLIBC = [2, 28]

/** This machine's platform, as `prebuilds/` and the catalogue name it. */
const PLATFORM = `${process.platform}-${process.arch}`

/** "glibc 2.36", "musl", or undefined where the system has another C library. @returns {string | undefined} */
function libc() {
  if (process.platform !== 'linux') return undefined
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } } | undefined} */ (
    process.report?.getReport()
  )
  const version = report?.header?.glibcVersionRuntime
  return version === undefined ? 'musl' : `glibc ${version}`
}

/** Throws where PyTorch publishes no LibTorch that would run here. */
function requirePlatform(platform = process.platform, arch = process.arch, library = libc()) {
  if (platform !== 'linux') {
    throw new Problem(
      `Set-up fetches LibTorch for linux-x64 and linux-arm64; this is ${platform}-${arch}.`,
      'Set LIBTORCH to a LibTorch of your own, or use Linux (a container, WSL 2).',
    )
  }
  if (arch !== 'x64' && arch !== 'arm64') {
    throw new Problem(
      `Set-up fetches LibTorch for linux-x64 and linux-arm64; this is linux-${arch}.`,
      'Set LIBTORCH to one built from source, or use an x64 or arm64 machine.',
    )
  }
  if (library === 'musl') {
    throw new Problem(
      'PyTorch publishes LibTorch for glibc; this system (Alpine?) uses musl.',
      'Use a glibc system, for example the image node:22-bookworm-slim in place of node:22-alpine.',
    )
  }
}

/** Throws where the C library is older than the one that PyTorch builds for. */
function requireGlibc(library = libc()) {
  const [, major = 0, minor = 0] = (/^glibc (\d+)\.(\d+)/.exec(library ?? '') ?? []).map(Number)
  const [wantedMajor = 0, wantedMinor = 0] = MIN_GLIBC
  if (library === undefined || major > wantedMajor || minor >= wantedMinor) return
  throw new Problem(
    `PyTorch's LibTorch needs glibc ${MIN_GLIBC.join('.')} or newer; this system has ${library}.`,
    'Use a newer system or container (Debian 10, Ubuntu 20.04, RHEL 8 or later).',
  )
}

/** Whether an NVIDIA driver is there. @param {import('../tools.js').Env} env */
function hasNvidiaDriver(env = process.env) {
  if (fs.existsSync('/proc/driver/nvidia/version') || which(['nvidia-smi'], env) !== undefined) return true
  const folders = [
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib/aarch64-linux-gnu',
    '/usr/lib64',
    '/usr/lib',
    '/usr/lib/wsl/lib',
  ]
  return folders.some(folder => fs.existsSync(`${folder}/libcuda.so.1`))
}

module.exports = { MIN_GLIBC, PLATFORM, hasNvidiaDriver, libc, requireGlibc, requirePlatform }
