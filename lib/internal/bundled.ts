import { DcganError, type DcganErrorCode } from '../errors.js'

// This file imports no module of Node.js, because require() fails in a bundle of ES modules.

/**
 * Checks that a folder is this package's. A bundle is elsewhere, and does not find the files that the package opens at run
 * time, such as weights and the addon.
 *
 * @param read reads the folder's package.json
 * @throws {DcganError} with this code
 */
export function assertPackage(
  root: string,
  read: () => string,
  code: DcganErrorCode = 'ERR_DCGAN_NATIVE_NOT_FOUND',
): void {
  let name: unknown
  try {
    name = JSON.parse(read()).name
  } catch {
    // The folder has no package.json that can be read.
  }
  if (name === 'libtorch-dcgan') return
  throw new DcganError(
    code,
    `libtorch-dcgan was bundled: it opens files of its own at run time, and they are not in ${root}. Leave it out of the bundle: ` +
      "esbuild --external:libtorch-dcgan; external: ['libtorch-dcgan'] in Rollup; ssr: { external: ['libtorch-dcgan'] } in " +
      "Vite; serverExternalPackages: ['libtorch-dcgan'] in next.config",
  )
}
