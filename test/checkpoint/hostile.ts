import { join } from 'node:path'
import { readState } from '../../lib/checkpoint/index.js'
import { failure } from '../support/failure.js'

/** A hostile file: what its error says, and how it is made at a path. */
export type Case = [message: RegExp, make: Make]
export type Make = (file: string) => void

/** Makes each file in the folder, reads it and expects the error. */
export function describeHostile(folder: string, group: string, cases: readonly Case[]): void {
  describe(`a hostile file: ${group}`, () => {
    let files = 0
    it.each(cases)('is refused: %s', async (message, make) => {
      const file = join(folder, `${group} ${files++}`)
      make(file)
      const error = await failure(readState(file))
      expect({ name: error.name, code: error.code }).toEqual({
        name: 'DcganError',
        code: 'ERR_DCGAN_BAD_CHECKPOINT',
      })
      expect(error.message).toMatch(message)
      expect(error.message.startsWith(`Cannot load ${file}: `)).toBe(true)
    })
  })
}
