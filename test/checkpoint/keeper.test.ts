import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import fs from 'node:fs/promises'
import { join } from 'node:path'
import { CheckpointKeeper, readInfo, readState } from '../../lib/checkpoint/index.js'
import { code, failure, refused } from '../support/failure.js'
import { sharedFolder } from '../support/folder.js'
import { hparamsOf, makeState } from './states.js'

const parent = sharedFolder()
const folder = () => mkdtempSync(join(parent, 'run-'))
const state = makeState()
const write = (keeper: CheckpointKeeper, step: number) => keeper.write({ ...state, step }, hparamsOf())

/** The files of a folder with the steps in them. */
async function steps(inFolder: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const name of readdirSync(inFolder).sort()) found[name] = (await readInfo(join(inFolder, name))).step
  return found
}

async function writeAll(path: string, keep: number | undefined, all: number[]): Promise<CheckpointKeeper> {
  const keeper = new CheckpointKeeper({ path, keep })
  for (const step of all) await write(keeper, step)
  return keeper
}

describe('CheckpointKeeper', () => {
  it.each([
    ['one older checkpoint by default', undefined, [20, 40, 60], [40]],
    ['none but the newest', 0, [20, 40], []],
    ['the configured number', 2, [20, 40, 60, 1_000_000], [40, 60]],
    ['no step twice', 2, [20, 40, 40], [20]],
  ])('keeps the newest at its path, and next to it %s', async (_what, keep, written, older) => {
    const at = folder()
    const keeper = await writeAll(join(at, 'digits.safetensors'), keep, written)
    const last = written.at(-1) as number
    const names = older.map(step => [`digits.step-${String(step).padStart(6, '0')}.safetensors`, step])
    expect(await steps(at)).toEqual({ 'digits.safetensors': last, ...Object.fromEntries(names) })
    expect(keeper.last).toEqual({ path: join(at, 'digits.safetensors'), step: last })
    for (const name of readdirSync(at)) await readState(join(at, name))
  })

  it('continues where another run stopped, and keeps fewer when so configured', async () => {
    const at = folder()
    const path = join(at, 'digits.safetensors')
    await writeAll(path, 3, [20, 40, 60, 80])
    await writeAll(path, 1, [100])
    expect(await steps(at)).toEqual({ 'digits.safetensors': 100, 'digits.step-000080.safetensors': 80 })
  })

  it('keeps what was written last, not what has the most steps', async () => {
    const at = folder()
    const path = join(at, 'digits.safetensors')
    await writeAll(path, 1, [4000, 5000])
    for (const name of readdirSync(at)) utimesSync(join(at, name), 1e9, name.includes('step') ? 1e9 : 1e9 + 1)
    await writeAll(path, 1, [20])
    expect(await steps(at)).toEqual({ 'digits.safetensors': 20, 'digits.step-005000.safetensors': 5000 })
    await writeAll(path, 1, [40])
    expect(await steps(at)).toEqual({ 'digits.safetensors': 40, 'digits.step-000020.safetensors': 20 })
  })

  it('replaces an older file of the same step', async () => {
    const at = folder()
    const path = join(at, 'digits.safetensors')
    writeFileSync(join(at, 'digits.step-000020.safetensors'), 'of another run')
    await writeAll(path, 1, [20, 40])
    expect(await steps(at)).toEqual({ 'digits.safetensors': 40, 'digits.step-000020.safetensors': 20 })
  })

  it('does not keep what is no state file', async () => {
    const at = folder()
    writeFileSync(join(at, 'digits.safetensors'), 'something else')
    await writeAll(join(at, 'digits.safetensors'), 1, [20])
    expect(await steps(at)).toEqual({ 'digits.safetensors': 20 })
  })

  it('leaves all other files alone', async () => {
    const at = folder()
    const others = [
      'digits.step-12.safetensors',
      'digits.step-best.safetensors',
      'digits.step-000001.safetensors.bak',
      'digits.step-000001.pt',
      'digits2.step-000001.safetensors',
      'step-000001.safetensors',
    ]
    for (const name of others) writeFileSync(join(at, name), '')
    mkdirSync(join(at, 'digits.step-000002.safetensors'))
    await writeAll(join(at, 'digits.safetensors'), 0, [20])
    expect(readdirSync(at).sort()).toEqual(
      [...others, 'digits.safetensors', 'digits.step-000002.safetensors'].sort(),
    )
  })

  it('names older files by the path, whatever its extension', async () => {
    const at = folder()
    await writeAll(join(at, 'a.b'), 1, [20, 40])
    await writeAll(join(at, 'c'), 1, [20, 40])
    expect(readdirSync(at).sort()).toEqual(['a.b', 'a.step-000020.b', 'c', 'c.step-000020'])
  })

  it('follows a symbolic link and keeps the older ones next to its target', async () => {
    const at = folder()
    const elsewhere = folder()
    symlinkSync(join(elsewhere, 'digits.safetensors'), join(at, 'latest'))
    writeFileSync(join(elsewhere, 'digits.safetensors'), '')
    await writeAll(join(at, 'latest'), 1, [20, 40])
    expect(readdirSync(at)).toEqual(['latest'])
    expect(await steps(elsewhere)).toEqual({ 'digits.safetensors': 40, 'digits.step-000020.safetensors': 20 })
  })

  it('takes no space for the older name before the newer file is there', async () => {
    const at = folder()
    const keeper = await writeAll(join(at, 'digits.safetensors'), 1, [20])
    const { ino } = statSync(join(at, 'digits.safetensors'))
    await write(keeper, 40)
    expect(statSync(join(at, 'digits.step-000020.safetensors')).ino).toBe(ino)
  })

  it('copies where the file system has no links', async () => {
    const at = folder()
    jest.spyOn(fs, 'link').mockRejectedValue(Object.assign(new Error('EPERM'), { code: 'EPERM' }))
    await writeAll(join(at, 'digits.safetensors'), 1, [20, 40])
    expect(await steps(at)).toEqual({ 'digits.safetensors': 40, 'digits.step-000020.safetensors': 20 })
    await readState(join(at, 'digits.step-000020.safetensors'))
  })

  it('leaves the last checkpoint where a state has diverged', async () => {
    const at = folder()
    const keeper = await writeAll(join(at, 'digits.safetensors'), 1, [20])
    const diverged = makeState({ step: 40 })
    new Float32Array(diverged.tensors[0]?.data as ArrayBuffer)[0] = Number.POSITIVE_INFINITY
    await refused(keeper.write(diverged, hparamsOf()), 'ERR_DCGAN_DIVERGED')
    expect(keeper.last?.step).toBe(20)
    expect((await readState(join(at, 'digits.safetensors'))).state.step).toBe(20)
  })

  it('keeps writing where another process removes an older checkpoint first', async () => {
    const at = folder()
    const readdirOf = fs.readdir as (path: string) => Promise<string[]>
    jest
      .spyOn(fs, 'readdir')
      .mockImplementation((async (path: string) => [
        'digits.step-000001.safetensors',
        ...(await readdirOf(path)),
      ]) as never)
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
    await writeAll(join(at, 'digits.safetensors'), 1, [20, 40, 60])
    jest.restoreAllMocks()
    expect(await steps(at)).toEqual({ 'digits.safetensors': 60, 'digits.step-000040.safetensors': 40 })
    expect(warnings).not.toHaveBeenCalled()
  })

  it('shares a path with another run: neither fails', async () => {
    const at = folder()
    const path = join(at, 'digits.safetensors')
    const all = Array.from({ length: 12 }, (_, i) => i + 1)
    await Promise.all([all.map(i => 10 * i), all.map(i => 10 * i + 5)].map(own => writeAll(path, 3, own)))
    expect(Object.keys(await steps(at)).length).toBeGreaterThan(1)
  })

  it('warns once if older checkpoints cannot be removed, and keeps writing', async () => {
    const path = join(folder(), 'digits.safetensors')
    const keeper = await writeAll(path, 1, [20])
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
    jest.spyOn(fs, 'readdir').mockRejectedValue(new Error('EIO'))
    for (const step of [40, 60]) await write(keeper, step)
    expect(keeper.last?.step).toBe(60)
    expect(warnings).toHaveBeenCalledTimes(1)
    expect(warnings).toHaveBeenCalledWith(
      `Older checkpoints of ${path} could not be removed: EIO. Remove them yourself`,
      { code: 'DCGAN_OLD_CHECKPOINTS' },
    )
  })

  it.each([
    [{ path: '' }, 'checkpoint.path'],
    [{ path: 7 }, 'checkpoint.path'],
    [{ path: 'a', keep: -1 }, 'checkpoint.keep'],
    [{ path: 'a', keep: 1.5 }, 'checkpoint.keep'],
    [{ path: 'a', keep: null }, 'checkpoint.keep'],
  ])('refuses %j', (target, key) => {
    expect(() => new CheckpointKeeper(target as never)).toThrow(code('ERR_DCGAN_INVALID_ARGUMENT', key))
  })

  it('finds before training that there is no folder to write to', async () => {
    const at = folder()
    writeFileSync(join(at, 'file'), '', { mode: 0o777 })
    mkdirSync(join(at, 'sub'))
    const prepare = (...path: string[]) =>
      failure(new CheckpointKeeper({ path: join(at, ...path) }).prepare())
    expect(await prepare('missing', 'x')).toMatchObject({ code: 'ERR_DCGAN_IO', cause: { code: 'ENOENT' } })
    expect(await prepare('file', 'x')).toMatchObject({ code: 'ERR_DCGAN_IO', cause: { code: 'ENOTDIR' } })
    expect(await prepare('sub')).toMatchObject({ code: 'ERR_DCGAN_IO' })
    await new CheckpointKeeper({ path: join(at, 'new') }).prepare()
    await new CheckpointKeeper({ path: join(at, 'file') }).prepare()
    await new CheckpointKeeper({ path: 'a-name-alone' }).prepare()
  })
})

describe('a crash at any instant', () => {
  /** The calls of the file system that a checkpoint is made of. */
  const CALLS = ['open', 'writeFile', 'rename', 'link', 'rm', 'readdir', 'realpath', 'stat'] as const

  /** Lets so many calls through; then nothing reaches the disk any more, as if the process were gone. */
  function crashAfter(calls: number): { crashed: () => boolean } {
    let left = calls
    jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
    for (const name of CALLS) {
      const original = fs[name] as (...args: unknown[]) => Promise<unknown>
      jest.spyOn(fs, name).mockImplementation((async (...args: unknown[]) => {
        if (left-- > 0) return original(...args)
        // Of what was being written, a part is there.
        if (left === -1 && name === 'writeFile') await original(args[0], Buffer.alloc(100_000))
        throw new Error('crashed')
      }) as never)
    }
    return { crashed: () => left < 0 }
  }

  it.each([0, 1])('leaves a complete file at the path, keeping %i', async keep => {
    const made = folder()
    await writeAll(join(made, 'digits.safetensors'), 2, [20, 40, 60])
    let crashes = 0
    for (let calls = 0; ; calls++) {
      const at = folder()
      for (const name of readdirSync(made)) copyFileSync(join(made, name), join(at, name))
      const keeper = new CheckpointKeeper({ path: join(at, 'digits.safetensors'), keep })
      const { crashed } = crashAfter(calls)
      await write(keeper, 80).catch(() => {})
      const done = !crashed()
      jest.restoreAllMocks()

      const { state } = await readState(join(at, 'digits.safetensors'))
      expect([60, 80]).toContain(state.step)
      for (const name of readdirSync(at)) if (/step-/.test(name)) await readState(join(at, name))
      await writeAll(join(at, 'digits.safetensors'), keep, [100])
      expect(readdirSync(at).filter(name => /step-/.test(name)).length).toBe(keep)
      if (done) break
      crashes++
    }
    expect(crashes).toBeGreaterThan(10)
  })
})
