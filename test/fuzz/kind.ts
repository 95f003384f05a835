import type { Mutator } from '../checkpoint/mutate.js'

/** A kind of file, and the part of the library that reads it. */
export interface Kind {
  /** Corrupts a file of this kind and has it read. Rejects as the reader does, or where it believed what it should not. */
  run(mutator: Mutator): Promise<void>
  /** Returns true if such a file should be refused with this error. */
  isRefusal(error: unknown): boolean
}

/** Returns true if an error has one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '')
}
