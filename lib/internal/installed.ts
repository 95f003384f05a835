import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DcganErrorCode } from '../errors.js'
import { assertPackage } from './bundled.js'
import { loading } from './loading.js'

/** The fields of package.json that are read. */
interface Manifest {
  version: string
  engines: { node: string }
  /** The oldest LibTorch that the addon is built with. */
  config: { libtorch: string }
}

/** Returns the package's manifest. Its file is read when it is needed: in a bundle it is not there. */
export function manifest(): Manifest {
  return require('../../package.json') as Manifest
}

/** Returns the package's version. */
export function packageVersion(): string {
  return manifest().version
}

/** Checks that this code runs from the installed package. @throws {DcganError} with this code */
export function assertInstalled(root: string, code?: DcganErrorCode): void {
  loading(() => assertPackage(root, () => readFileSync(join(root, 'package.json'), 'utf8'), code))
}
