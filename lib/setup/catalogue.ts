import { missing, SETUP } from '../internal/failure.js'
import { MACHINES, PLATFORM } from '../internal/platform.js'
import { NVIDIA_WHEELS } from './nvidia.js'

// The LibTorch that set-up fetches is PyTorch's Python wheel: its folder `torch/` holds the same libraries and headers as
// the LibTorch archive, which PyTorch means to stop publishing. For CUDA it is the wheel of PyPI, which has its CUDA
// libraries in further wheels.
const VERSION = { cpu: '2.13.0', cuda: '2.14.1' }

export type Variant = keyof typeof VERSION

/** The SHA-256 of each wheel, whatever its name and source, and the bytes of the one for the CPU. */
const WHEELS: Record<string, Record<Variant, string> & { bytes: number }> = {
  'linux-x64': {
    cpu: '6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b',
    cuda: '305a61f61f35f128579f299c5bd33d475f6a01c6307336139632e30856c4854d',
    bytes: 191_794_682,
  },
  // The indexes of PyTorch and PyPI state these; this project has not hashed the files itself.
  'linux-arm64': {
    cpu: '84453b69508ec79902f899c5ed9495acb9e2bbe9fda5f1d5d6f19e3c3842e1a7',
    cuda: 'ef1276fd07adb8d463ac402a24ea7482e45c9a42df8ebdac211aa757779200ba',
    bytes: 155_000_000,
  },
}
const CUDA_BYTES = 2_750_000_000

/** A release of LibTorch for a platform. Only pip has one without a `file`, the name of the wheel on PyTorch's site. */
export type Release = ReturnType<typeof releaseFor>

/** Returns the release that set-up fetches for a platform. */
export function releaseFor(variant: Variant, platform = PLATFORM) {
  const [machine, wheels] = [MACHINES[platform], WHEELS[platform]]
  if (machine === undefined || wheels === undefined)
    throw missing(`Set-up knows no LibTorch for ${platform}.`, 'Set LIBTORCH to a LibTorch of your own.')
  const version = VERSION[variant]
  // PyPI has this version for aarch64 with CUDA only, so the CPU's is requested by its full name.
  const cpu = variant === 'cpu' ? `${version}+cpu` : undefined
  const file = cpu && `torch-${cpu}-cp311-cp311-manylinux_2_28_${machine}.whl`
  const bytes = cpu ? wheels.bytes : CUDA_BYTES
  return {
    variant,
    version,
    machine,
    sha256: wheels[variant],
    file,
    bytes,
    requirement: `torch==${cpu ?? version}`,
  }
}

/** Returns the requirements of NVIDIA's libraries for set-up's LibTorch with CUDA, with each wheel's SHA-256. */
export function nvidiaWheels(machine: string): Record<string, string> {
  const wheels = Object.entries(NVIDIA_WHEELS)
  return Object.fromEntries(wheels.map(([name, [x64, arm64]]) => [name, machine === 'aarch64' ? arm64 : x64]))
}

export const UNPINNED = 'LIBTORCH_DCGAN_ALLOW_UNPINNED'

/** Returns whether the user accepts files without a known SHA-256. */
export function allowsUnpinned(): boolean {
  return process.env[UNPINNED] === '1'
}

/** The ways out for a file with another SHA-256 than the pinned one. */
export const WAYS_OUT = `or use a LibTorch of your own: LIBTORCH=<folder>, or LIBTORCH_USE_PYTORCH=1
or, if you trust its source, accept it: ${UNPINNED}=1 ${SETUP}`

/** The versions that this release of the package is tested with. */
export const VERSIONS = Object.values(VERSION)
