import fs from 'node:fs'
import { familySync, MUSL, versionSync } from 'detect-libc'
import { failure } from './failure.js'
import { findProgram, isOlder } from './programs.js'

/** The oldest glibc that PyTorch builds LibTorch for. */
export const MIN_GLIBC = '2.28'

/** This machine's platform, as `prebuilds/` and the catalogue name it. */
export const PLATFORM = `${process.platform}-${process.arch}`

/** The platforms that PyTorch publishes LibTorch for, with the name that `uname -m` gives. */
export const MACHINES: Record<string, string> = { 'linux-x64': 'x86_64', 'linux-arm64': 'aarch64' }

/** How to train where PyTorch publishes no LibTorch. */
const CONTAINER =
  'docker run --rm -it -v "$PWD:/work" -w /work node:24-bookworm sh -c "npx -y libtorch-dcgan setup && npx -y libtorch-dcgan train"'

/** Names what works without LibTorch, and how to train. */
const WITHOUT = `DCGAN.load() and DCGAN.pretrained() sample here, without set-up\nTraining works in a Linux container: ${CONTAINER}`

/** Returns whether the system's C library is musl: its platform and architecture are those of glibc. */
export function isMusl(): boolean {
  return familySync() === MUSL
}

/** Returns "glibc 2.36" or "musl". */
export function libc(): string {
  return isMusl() ? MUSL : `glibc ${versionSync() ?? MIN_GLIBC}`
}

/** Throws if PyTorch publishes no LibTorch that would run here. */
export function requirePlatform(platform = PLATFORM, library?: string): void {
  const refuse = (what: string, fix: string) => failure('ERR_DCGAN_NATIVE_NOT_FOUND', what, fix)
  if (MACHINES[platform] === undefined) {
    const known = Object.keys(MACHINES).join(' and ')
    throw refuse(`Set-up fetches LibTorch for ${known}; this is ${platform}.`, WITHOUT)
  }
  const found = library ?? libc()
  if (found === MUSL) {
    throw refuse(
      'PyTorch publishes LibTorch for glibc; this system (Alpine?) uses musl.',
      `${WITHOUT}\nIn an image of your own: node:24-bookworm-slim in place of node:24-alpine`,
    )
  }
  if (isOlder(found, `glibc ${MIN_GLIBC}`)) {
    throw refuse(
      `PyTorch's LibTorch needs glibc ${MIN_GLIBC} or newer; this system has ${found}.`,
      'Use a newer system or container (Debian 10, Ubuntu 20.04, RHEL 8 or later).',
    )
  }
}

/** Returns whether there is an NVIDIA driver. */
export function hasNvidiaDriver(): boolean {
  const gnu = Object.values(MACHINES).map(machine => `/usr/lib/${machine}-linux-gnu`)
  const folders = [...gnu, '/usr/lib64', '/usr/lib', '/usr/lib/wsl/lib']
  const files = ['/proc/driver/nvidia/version', ...folders.map(folder => `${folder}/libcuda.so.1`)]
  return files.some(file => fs.existsSync(file)) || findProgram('nvidia-smi') !== undefined
}
