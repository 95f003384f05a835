import { join } from 'node:path'
import { readState } from '../../lib/checkpoint/index.js'
import { rejection } from './states.js'

/** A hostile file: its name, what its error says, and how it is made at a path. */
export type Case = [name: string, message: RegExp, make: Make]
export type Make = (file: string) => void

/** Makes each file in the folder, reads it and expects the error. */
export function describeHostile(folder: string, group: string, cases: readonly Case[]): void {
  describe(`a hostile file: ${group}`, () => {
    it.each(cases)('%s', async (name, message, make) => {
      const file = join(folder, `${group}-${name.slice(0, 80)}`.replace(/[^\w-]/g, '_'))
      make(file)
      const error = await rejection(readState(file))
      expect({ name: error.name, code: error.code }).toEqual({
        name: 'DcganError',
        code: 'ERR_DCGAN_BAD_CHECKPOINT',
      })
      expect(error.message).toMatch(message)
      expect(error.message.startsWith(`Cannot load ${file}: `)).toBe(true)
    })
  })
}
