import os from 'node:os'
import path from 'node:path'
import { missing, SETUP } from './failure.js'

/** Returns the user's cache folder, as an absolute path. */
export function cacheFolder(): string {
  const { HOME = os.homedir(), LIBTORCH_DCGAN_HOME: home, XDG_CACHE_HOME: xdg = '' } = process.env
  // The XDG base directory specification: "All paths must be absolute. If […] relative […] ignore it."
  const base = path.isAbsolute(xdg) ? xdg : path.join(HOME, '.cache')
  const folder = home || path.join(base, 'libtorch-dcgan')
  if (path.isAbsolute(folder)) return path.resolve(folder)
  const [name, value] = home ? ['LIBTORCH_DCGAN_HOME', home] : ['HOME', HOME]
  throw missing(
    `${name} is ${value}, a relative path: in each current folder, it would name another cache.`,
    `Set LIBTORCH_DCGAN_HOME to an absolute path, for example: export LIBTORCH_DCGAN_HOME="$PWD/${path.normalize(value)}"\nThen: ${SETUP}`,
  )
}
