import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { assertPackage } from './bundled.js'
import type { DcganErrorCode } from './errors.js'
import { loading } from './loading.js'

/** Returns the package's version. Its file is read when it is needed: in a bundle it is not there. */
export function packageVersion(): string {
  return (require('../package.json') as { version: string }).version
}

/** Checks that this code runs from the installed package. @throws {DcganError} with this code */
export function assertInstalled(root: string, code?: DcganErrorCode): void {
  loading(() => assertPackage(root, () => readFileSync(join(root, 'package.json'), 'utf8'), code))
}
