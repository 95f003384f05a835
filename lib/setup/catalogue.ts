import { failure, SETUP } from './failure.js'
import { NVIDIA_WHEELS } from './nvidia.js'
import { MACHINES, PLATFORM } from './platform.js'

// The LibTorch that set-up fetches is PyTorch's Python wheel: its folder `torch/` holds the same libraries and headers as
// the LibTorch archive, which PyTorch means to stop publishing. For CUDA it is the wheel of PyPI, which has its CUDA
// libraries in further wheels.
const VERSION = { cpu: '2.13.0', cuda: '2.14.1' }

export type Variant = keyof typeof VERSION

/** The SHA-256 of each wheel, whatever its name and source. */
const SHA256: Record<string, Record<Variant, string>> = {
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
const DOWNLOAD: Record<string, number> = { 'linux-x64': 191_794_682, 'linux-arm64': 155_000_000 }
const CUDA_DOWNLOAD = 2_750_000_000
const DISK = { cpu: 900_000_000, cuda: 9_000_000_000 }

/** A release of LibTorch for a platform. */
export interface Release {
  version: string
  machine: string
  sha256: string
  file: string
  /** On PyTorch's site; undefined if only pip has it. */
  path: string | undefined
  /** The requirement that pip is given. */
  requirement: string
  download: number
  disk: number
}

/** Returns the release that set-up fetches for a platform. */
export function releaseFor(variant: Variant, platform = PLATFORM): Release {
  const [machine, sha256] = [MACHINES[platform], SHA256[platform]?.[variant]]
  const cuda = variant === 'cuda'
  if (machine === undefined || sha256 === undefined) {
    throw failure(
      'ERR_DCGAN_NATIVE_NOT_FOUND',
      `Set-up knows no LibTorch ${cuda ? 'with CUDA ' : ''}for ${platform}.`,
      `${cuda ? 'Run it with --cpu, or set' : 'Set'} LIBTORCH to a LibTorch of your own.`,
    )
  }
  // PyPI has this version for aarch64 with CUDA only, so the CPU's is requested by its full name.
  const version = cuda ? VERSION.cuda : `${VERSION.cpu}+cpu`
  const file = `torch-${version}-cp311-cp311-manylinux_2_28_${machine}.whl`
  return {
    version: VERSION[variant],
    machine,
    sha256,
    file,
    path: cuda ? undefined : `/whl/cpu/${encodeURIComponent(file)}`,
    requirement: `torch==${version}`,
    download: cuda ? CUDA_DOWNLOAD : (DOWNLOAD[platform] as number),
    disk: DISK[variant],
  }
}

/**
 * Returns the requirements of NVIDIA's libraries for a torch wheel with CUDA, with each wheel's SHA-256. Returns undefined
 * if that wheel is not set-up's.
 */
export function nvidiaWheels(sha256: string | null, machine: string): Record<string, string> | undefined {
  if (!Object.values(SHA256).some(({ cuda }) => cuda === sha256)) return undefined
  const wheels = Object.entries(NVIDIA_WHEELS)
  return Object.fromEntries(wheels.map(([name, [x64, arm64]]) => [name, machine === 'aarch64' ? arm64 : x64]))
}

const ALLOW = 'LIBTORCH_DCGAN_ALLOW_UNPINNED'

/** Returns whether the user accepts files without a known SHA-256. */
export function allowsUnpinned(): boolean {
  return process.env[ALLOW] === '1'
}

/** Returns the ways out for a file without a known SHA-256. `flags`: the rest of set-up's command. */
export function waysOut(flags = ''): string {
  return `or use a LibTorch of your own: LIBTORCH=<folder>, or LIBTORCH_USE_PYTORCH=1
or, if you trust where it comes from, take it as it is: ${ALLOW}=1 ${SETUP}${flags}`
}

/** Says whether a SHA-256 is the one that was expected. */
export function verdict(sha256: string, pinned: string | undefined): string {
  if (sha256 === pinned) return 'SHA-256 as pinned'
  return `SHA-256 ${sha256} (none is pinned to compare it with; ${ALLOW} is 1)`
}

/** The versions that this release of the package is tested with. */
export const VERSIONS = Object.values(VERSION)
