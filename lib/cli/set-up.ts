import { DcganError } from '../errors.js'

interface Finder {
  findLibTorch(): object | undefined
}
interface SetUp {
  main(argv: string[]): Promise<number>
}

/** Runs set-up if there is no LibTorch, and says so first. Its progress goes to standard error. */
export async function provideLibTorch(): Promise<void> {
  const { findLibTorch } = require('../../scripts/libtorch/find.js') as Finder
  if (!isMissing(findLibTorch)) return
  process.stderr.write('This needs LibTorch, which is not here yet. Now runs: npx libtorch-dcgan setup\n')
  const { main } = require('../../scripts/setup.js') as SetUp
  if ((await main([])) === 0) return
  throw new DcganError(
    'ERR_DCGAN_NATIVE_NOT_FOUND',
    'LibTorch could not be set up, for the reason above. Fix that, then run the command again',
  )
}

/** A LibTorch that is damaged, or that a variable names wrongly, is not missing: opening it says what to do. */
function isMissing(findLibTorch: Finder['findLibTorch']): boolean {
  try {
    return findLibTorch() === undefined
  } catch {
    return false
  }
}
