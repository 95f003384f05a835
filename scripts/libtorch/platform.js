'use strict'

const fs = require('node:fs')
const { Problem } = require('../problem.js')
const { isOlder, which } = require('../programs.js')

/** The oldest glibc that PyTorch builds LibTorch for. */
const MIN_GLIBC = '2.28'

/** This machine's platform, as `prebuilds/` and the catalogue name it. */
const PLATFORM = `${process.platform}-${process.arch}`

/** The platforms that PyTorch publishes LibTorch for, with the name that `uname -m` gives. @type {Record<string, string>} */
const MACHINES = { 'linux-x64': 'x86_64', 'linux-arm64': 'aarch64' }

/** How to train where PyTorch publishes no LibTorch. */
const CONTAINER =
  'docker run --rm -it -v "$PWD:/work" -w /work node:24-bookworm sh -c "npx -y libtorch-dcgan setup && npx -y libtorch-dcgan train"'

/** Names what works without LibTorch, and how to train. */
const WITHOUT = `DCGAN.load() and DCGAN.pretrained() sample here, without set-up\nTraining works in a Linux container: ${CONTAINER}`

/** "glibc 2.36" or "musl". */
function libc() {
  const report = /** @type {any} */ (process.report?.getReport())
  const version = report?.header?.glibcVersionRuntime
  return version === undefined ? 'musl' : `glibc ${version}`
}

/** Throws if PyTorch publishes no LibTorch that would run here. */
function requirePlatform(platform = PLATFORM, library = libc()) {
  if (MACHINES[platform] === undefined) {
    throw new Problem(
      `Set-up fetches LibTorch for ${Object.keys(MACHINES).join(' and ')}; this is ${platform}.`,
      WITHOUT,
    )
  }
  if (library === 'musl') {
    throw new Problem(
      'PyTorch publishes LibTorch for glibc; this system (Alpine?) uses musl.',
      `${WITHOUT}\nIn an image of your own: node:24-bookworm-slim in place of node:24-alpine`,
    )
  }
  if (isOlder(library, `glibc ${MIN_GLIBC}`)) {
    throw new Problem(
      `PyTorch's LibTorch needs glibc ${MIN_GLIBC} or newer; this system has ${library}.`,
      'Use a newer system or container (Debian 10, Ubuntu 20.04, RHEL 8 or later).',
    )
  }
}

/** Returns true if there is an NVIDIA driver. */
function hasNvidiaDriver() {
  const gnu = Object.values(MACHINES).map(machine => `/usr/lib/${machine}-linux-gnu`)
  const folders = [...gnu, '/usr/lib64', '/usr/lib', '/usr/lib/wsl/lib']
  const files = ['/proc/driver/nvidia/version', ...folders.map(folder => `${folder}/libcuda.so.1`)]
  return files.some(file => fs.existsSync(file)) || which('nvidia-smi') !== undefined
}

module.exports = { MACHINES, MIN_GLIBC, PLATFORM, hasNvidiaDriver, libc, requirePlatform }
