import type { Mutator } from '../checkpoint/mutate.js'

/** A kind of file, and the part of the library that reads it. */
export interface Kind {
  /** Spoils a file of this kind and has it read. Rejects as the reader does, or where it believed what it should not. */
  run(mutator: Mutator): Promise<void>
  /** Whether an error is how such a file is to be refused. */
  isRefusal(error: unknown): boolean
}

/** Whether an error carries one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '')
}
