import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DcganError, type DcganErrorCode } from './errors.js'

/** Returns the package's version. Its file is read when it is needed: in a bundle it is not there. */
export function packageVersion(): string {
  return (require('../package.json') as { version: string }).version
}

/**
 * Checks that this code runs from the installed package. In a bundle it does not find the files that it opens at run time,
 * such as weights and the addon.
 *
 * @throws {DcganError} with this code
 */
export function assertInstalled(root: string, code: DcganErrorCode = 'ERR_DCGAN_NATIVE_NOT_FOUND'): void {
  let name: unknown
  try {
    name = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).name
  } catch {
    // Nothing that can be read is there.
  }
  if (name === 'libtorch-dcgan') return
  throw new DcganError(
    code,
    `libtorch-dcgan was bundled: it opens files of its own at run time, and they are not in ${root}. Leave it out of the bundle: ` +
      "esbuild --external:libtorch-dcgan; external: ['libtorch-dcgan'] in Rollup; ssr: { external: ['libtorch-dcgan'] } in " +
      "Vite; serverExternalPackages: ['libtorch-dcgan'] in next.config",
  )
}
