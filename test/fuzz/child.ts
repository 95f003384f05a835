import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { KINDS } from './kinds/index.js'
import type { Outcomes } from './kinds/kind.js'
import { loop } from './loop.js'

/** A message of a child process to its parent: a run begins, found something, or all have ended. */
export type Message =
  | { run: number; finding?: string }
  | { outcomes: Outcomes; slowest: number; grown: number }

/** After so many runs, memory should not grow any more. */
const WARM_UP = 100

const send = (message: Message) => new Promise(resolve => process.send?.(message, resolve))

/** Resident mebibytes without garbage. */
async function resident(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  return process.memoryUsage().rss / 2 ** 20
}

async function main(name: string, seed: number, first: number, end: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dcgan-fuzz-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  let current = first
  const find = (run: number, finding: string) => send({ run, finding })
  process.on('unhandledRejection', reason => find(current, `unhandled rejection: ${inspect(reason)}`))
  process.on('uncaughtException', error => find(current, `uncaught exception: ${inspect(error)}`))

  let before = 0
  const begin = async (run: number) => {
    current = run
    await send({ run })
    if (run === first + WARM_UP) before = await resident()
  }
  const kind = KINDS[name]?.(folder)
  if (kind === undefined) throw new Error(`no kind ${name}`)
  const ended = await loop(kind, { seed, first, end }, begin, find)
  const grown = before === 0 ? 0 : Math.round((await resident()) - before)
  await send({ ...ended, grown })
  process.disconnect()
}

const [name, ...numbers] = process.argv.slice(2) as [string, ...string[]]
const [seed, first, end] = numbers.map(Number) as [number, number, number]
void main(name, seed, first, end)
