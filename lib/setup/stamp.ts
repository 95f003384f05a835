import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { readJson, writeJson } from './disk.js'

/** The stamp of a step: a file that records what the step was made from and what it made. */
export interface Stamp {
  /** True if what the step made is as it was. */
  whole: boolean
  /** True if it was also made from these files and facts. */
  current: boolean
  remove(): void
  /** Records that the step made these files, relative to the root. */
  write(made: string[]): Promise<void>
}

/**
 * Reads the stamp of a step. It is written last, so a step that was interrupted has none.
 *
 * @param names what the step is made from, relative to the root
 * @param facts what it depends on apart from files
 */
export function readStamp(root: string, file: string, names: string[], facts: object): Stamp {
  const inputs = Object.fromEntries(
    names.map(name => [name, crypto.hash('sha1', fs.readFileSync(path.join(root, name)))]),
  )
  const { outputs, ...from } = readJson<{ outputs?: object }>(file) ?? {}
  const whole = outputs !== undefined && same(outputsOf(root, Object.keys(outputs)), outputs)
  return {
    whole,
    current: whole && same({ inputs, facts }, from),
    remove: () => fs.rmSync(file, { force: true }),
    write: made => writeJson(file, { inputs, facts, outputs: outputsOf(root, made) }),
  }
}

/** Reads the times and sizes of what a step made. */
function outputsOf(root: string, names: string[]): object {
  return Object.fromEntries(
    names.map(name => {
      const { mtimeMs = 0, size = 0 } = fs.statSync(path.join(root, name), { throwIfNoEntry: false }) ?? {}
      return [name, { mtimeMs, size }]
    }),
  )
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
