'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { Problem } = require('../problem.js')
const { MACHINES, PLATFORM } = require('./platform.js')

// The LibTorch that set-up fetches is PyTorch's Python wheel: its folder `torch/` holds the same libraries and headers as
// the LibTorch archive, which PyTorch means to stop publishing. For CUDA it is the wheel of PyPI, whose CUDA libraries are
// wheels of their own.
const VERSION = { cpu: '2.13.0', cuda: '2.14.1' }

/** @typedef {keyof typeof VERSION} Variant */

/** The SHA-256 of each wheel, whatever its name and source. @type {Record<string, Record<Variant, string>>} */
const SHA256 = {
  'linux-x64': {
    cpu: '6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b',
    cuda: '305a61f61f35f128579f299c5bd33d475f6a01c6307336139632e30856c4854d',
  },
  // As PyTorch's and PyPI's indexes state them; this project has not hashed these files itself.
  'linux-arm64': {
    cpu: '84453b69508ec79902f899c5ed9495acb9e2bbe9fda5f1d5d6f19e3c3842e1a7',
    cuda: 'ef1276fd07adb8d463ac402a24ea7482e45c9a42df8ebdac211aa757779200ba',
  },
}

/** Bytes to download, and bytes on the disk while they are unpacked. */
const DOWNLOAD = { 'linux-x64': 191_794_682, 'linux-arm64': 155_000_000, cuda: 2_750_000_000 }
const DISK = { cpu: 900_000_000, cuda: 9_000_000_000 }

/** The release that set-up fetches for a platform. @param {Variant} variant @param {string} platform */
function releaseFor(variant, platform = PLATFORM) {
  const [machine, sha256] = [MACHINES[platform], SHA256[platform]?.[variant]]
  if (machine === undefined || sha256 === undefined) {
    throw new Problem(
      `Set-up knows no LibTorch ${variant === 'cuda' ? 'with CUDA ' : ''}for ${platform}.`,
      `${variant === 'cuda' ? 'Run it with --cpu, or set' : 'Set'} LIBTORCH to a LibTorch of your own.`,
    )
  }
  // PyPI has this version for aarch64 with CUDA only: the CPU's is asked for by its full name.
  const version = variant === 'cpu' ? `${VERSION.cpu}+cpu` : VERSION.cuda
  const file = `torch-${version}-cp311-cp311-manylinux_2_28_${machine}.whl`
  return {
    version: VERSION[variant],
    machine,
    sha256,
    file,
    /** On PyTorch's site; undefined if only pip is asked. */
    path: variant === 'cpu' ? `/whl/cpu/${encodeURIComponent(file)}` : undefined,
    /** The requirement that pip is given. */
    requirement: `torch==${version}`,
    download: DOWNLOAD[variant === 'cuda' ? 'cuda' : /** @type {'linux-x64'} */ (platform)],
    disk: DISK[variant],
  }
}

/**
 * The wheels of NVIDIA's libraries for a torch wheel with CUDA: what pip is asked for, with each wheel's SHA-256.
 *
 * @param {string | null} sha256 the torch wheel's
 * @param {string} machine `uname -m`
 * @returns {Record<string, string> | undefined} undefined if that wheel is not set-up's
 */
function nvidiaWheels(sha256, machine) {
  if (!Object.values(SHA256).some(({ cuda }) => cuda === sha256)) return undefined
  const list = fs.readFileSync(path.join(__dirname, 'nvidia.txt'), 'utf8')
  const wheels = [...list.matchAll(/^(\S+==\S+) --hash=sha256:(\w+) --hash=sha256:(\w+)$/gm)]
  return Object.fromEntries(wheels.map(([, name, x64, arm64]) => [name, machine === 'aarch64' ? arm64 : x64]))
}

const ALLOW = 'LIBTORCH_DCGAN_ALLOW_UNPINNED'

/** Returns true if the user accepts files whose SHA-256 is not known. */
const allowsUnpinned = () => process.env[ALLOW] === '1'

/** The ways out for a file without a known SHA-256. @param {string} [flags] the rest of set-up's command */
const waysOut = (flags = '') => `or use a LibTorch of your own: LIBTORCH=<folder>, or LIBTORCH_USE_PYTORCH=1
or, if you trust where it comes from, take it as it is: ${ALLOW}=1 npx libtorch-dcgan setup${flags}`

/** @param {string} sha256 @param {string | undefined} pinned */
function verdict(sha256, pinned) {
  if (sha256 === pinned) return 'SHA-256 as pinned'
  return `SHA-256 ${sha256} (none is pinned to compare it with; ${ALLOW} is 1)`
}

/** The versions that this release of the package is tested with. */
const VERSIONS = Object.values(VERSION)

module.exports = { VERSIONS, allowsUnpinned, nvidiaWheels, releaseFor, verdict, waysOut }
