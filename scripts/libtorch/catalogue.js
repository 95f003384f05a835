'use strict'

const { Problem } = require('../problem.js')

/**
 * The LibTorch that set-up fetches, by platform and variant. Each is PyTorch's Python wheel, whose folder `torch/`
 * holds the same libraries and headers as the LibTorch archive; PyTorch means to stop publishing the latter.
 *
 * @typedef {object} Release
 * @property {'cpu' | 'cuda'} variant
 * @property {string} version
 * @property {string | null} path on PyTorch's download site, or null where only pip is asked
 * @property {string} file the wheel's name
 * @property {string} sha256 of the wheel, from wherever it comes and whatever its name is there
 * @property {number} download bytes to fetch, all wheels together
 * @property {number} disk bytes needed on the disk while it is fetched and unpacked
 * @property {string} requirement what pip is asked for
 * @property {string} machine `uname -m`
 */

/** @type {Record<string, Release[]>} */
const RELEASES = {
  'linux-x64': [
    {
      variant: 'cpu',
      version: '2.13.0',
      path: '/whl/cpu/torch-2.13.0%2Bcpu-cp311-cp311-manylinux_2_28_x86_64.whl',
      file: 'torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl',
      sha256: '6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b',
      download: 191_794_682,
      disk: 900_000_000,
      requirement: 'torch==2.13.0+cpu',
      machine: 'x86_64',
    },
    {
      variant: 'cuda',
      version: '2.14.1',
      // The build of PyPI, with its CUDA libraries in wheels of their own: nvidia.js lists them.
      path: null,
      file: 'torch-2.14.1-cp311-cp311-manylinux_2_28_x86_64.whl',
      sha256: '305a61f61f35f128579f299c5bd33d475f6a01c6307336139632e30856c4854d',
      download: 2_750_000_000,
      disk: 9_000_000_000,
      requirement: 'torch==2.14.1',
      machine: 'x86_64',
    },
  ],
  'linux-arm64': [
    {
      variant: 'cpu',
      version: '2.13.0',
      // PyPI has this version for aarch64 with CUDA only: a plain torch==2.13.0 would give that one.
      path: '/whl/cpu/torch-2.13.0%2Bcpu-cp311-cp311-manylinux_2_28_aarch64.whl',
      file: 'torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_aarch64.whl',
      // Stated by PyTorch's index and by nixpkgs; this project has not hashed the file itself.
      sha256: '84453b69508ec79902f899c5ed9495acb9e2bbe9fda5f1d5d6f19e3c3842e1a7',
      download: 155_000_000,
      disk: 900_000_000,
      requirement: 'torch==2.13.0+cpu',
      machine: 'aarch64',
    },
    {
      variant: 'cuda',
      version: '2.14.1',
      path: null,
      file: 'torch-2.14.1-cp311-cp311-manylinux_2_28_aarch64.whl',
      // Stated by PyPI's index; not hashed by this project either.
      sha256: 'ef1276fd07adb8d463ac402a24ea7482e45c9a42df8ebdac211aa757779200ba',
      download: 2_750_000_000,
      disk: 9_000_000_000,
      requirement: 'torch==2.14.1',
      machine: 'aarch64',
    },
  ],
}

/** @param {'cpu' | 'cuda'} variant @param {string} platform for example "linux-x64" @returns {Release} */
function releaseFor(variant, platform = `${process.platform}-${process.arch}`) {
  const release = RELEASES[platform]?.find(candidate => candidate.variant === variant)
  if (release !== undefined) return release
  throw new Problem(
    `Set-up knows no LibTorch ${variant === 'cuda' ? 'with CUDA ' : ''}for ${platform}.`,
    variant === 'cuda'
      ? 'Run it with --cpu, or set LIBTORCH to a LibTorch of your own.'
      : 'Set LIBTORCH to a LibTorch of your own.',
  )
}

/** Whether a file is the torch wheel of a release. @param {string | null} sha256 */
function isRelease(sha256) {
  return Object.values(RELEASES).some(list => list.some(release => release.sha256 === sha256))
}

/** The versions that this release of the package is tested with. */
const VERSIONS = [...new Set(Object.values(RELEASES).flatMap(list => list.map(({ version }) => version)))]

module.exports = { RELEASES, VERSIONS, isRelease, releaseFor }
