import { familySync, MUSL, versionSync } from 'detect-libc'
import { missing } from './failure.js'
import { isOlder } from './version.js'

/** The oldest glibc that PyTorch builds LibTorch for. */
export const MIN_GLIBC = '2.28'

/** This machine's platform, as `prebuilds/` and the catalogue name it. */
export const PLATFORM = `${process.platform}-${process.arch}`

/** The platforms that PyTorch publishes LibTorch for, with the name that `uname -m` gives. */
export const MACHINES: Record<string, string> = { 'linux-x64': 'x86_64', 'linux-arm64': 'aarch64' }

/** Names what works without LibTorch, and how to train where PyTorch publishes none. */
const WITHOUT = `DCGAN.load() and DCGAN.pretrained() sample here, without set-up
Training works in a Linux container: docker run --rm -it -v "$PWD:/work" -w /work node:24-bookworm sh -c "npx -y libtorch-dcgan setup && npx -y libtorch-dcgan train"`

/** Returns whether the system's C library is musl. Node.js has the same platform name for musl and for glibc. */
export function isMusl(): boolean {
  return familySync() === MUSL
}

/** Returns "glibc 2.36" or "musl". */
export function libc(): string {
  return isMusl() ? MUSL : `glibc ${versionSync() ?? MIN_GLIBC}`
}

/** Throws if PyTorch publishes no LibTorch that would run here. */
export function requirePlatform(platform = PLATFORM, library?: string): void {
  if (MACHINES[platform] === undefined) {
    const known = Object.keys(MACHINES).join(' and ')
    throw missing(`Set-up fetches LibTorch for ${known}; this is ${platform}.`, WITHOUT)
  }
  const found = library ?? libc()
  if (found === MUSL) {
    const image = 'In an image of your own: node:24-bookworm-slim in place of node:24-alpine'
    const what = 'PyTorch publishes LibTorch for glibc; this system (Alpine?) uses musl.'
    throw missing(what, `${WITHOUT}\n${image}`)
  }
  if (isOlder(found, `glibc ${MIN_GLIBC}`)) {
    const what = `PyTorch's LibTorch needs glibc ${MIN_GLIBC} or newer; this system has ${found}.`
    throw missing(what, 'Use a newer system or container (Debian 10, Ubuntu 20.04, RHEL 8 or later).')
  }
}
