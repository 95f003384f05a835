import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import fs from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CheckpointKeeper, readState, writeState } from '../../lib/checkpoint/index.js'
import { failure } from '../support/failure.js'
import { sharedFolder } from '../support/folder.js'
import { hparamsOf, makeState } from './states.js'

const mounted: string[] = []
// Registered before the folder's own clean-up, and so called before it. A file left open would make it fail.
afterAll(() => {
  for (const at of mounted) execFileSync('umount', [at])
})
const folder = sharedFolder()

/** Mounts a file system on a new folder; undefined where this process may not. */
function mount(name: string, ...options: string[]): string | undefined {
  const at = join(folder, name)
  mkdirSync(at)
  try {
    execFileSync('mount', [...options, at], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  mounted.push(at)
  return at
}

const small = mount('small', '-t', 'tmpfs', '-o', 'size=16m', 'none')
const readOnly = mount('read-only', '-t', 'tmpfs', '-o', 'size=64m', 'none')
const state = (step: number) => makeState({ step })
const stepIn = async (file: string) => (await readState(file)).state.step

async function expectIntact(file: string, error: Error & { code?: string }, cause: string): Promise<void> {
  expect(error).toMatchObject({ name: 'DcganError', code: 'ERR_DCGAN_IO', cause: { code: cause } })
  expect(error.message).toContain(dirname(file))
  expect(await stepIn(file)).toBe(20)
}

;(small === undefined ? it.skip : it)(
  'leaves the last file on a full disk, and continues when there is space',
  async () => {
    const at = small as string
    const file = join(at, 'digits.safetensors')
    await writeState(file, state(20), hparamsOf())
    await expectIntact(file, await failure(writeState(file, state(40), hparamsOf())), 'ENOSPC')
    expect(readdirSync(at)).toEqual(['digits.safetensors'])

    const keeper = new CheckpointKeeper({ path: file })
    await expectIntact(file, await failure(keeper.write(state(40), hparamsOf())), 'ENOSPC')
    expect(keeper.last).toBeUndefined()
    execFileSync('mount', ['-o', 'remount,size=64m', at])
    await keeper.write(state(40), hparamsOf())
    expect(await stepIn(file)).toBe(40)
    expect(readdirSync(at).sort()).toEqual(['digits.safetensors', 'digits.step-000020.safetensors'])
  },
)

it('leaves the last file where the disk fills up half-way', async () => {
  const at = join(folder, 'half-way')
  mkdirSync(at)
  const file = join(at, 'digits.safetensors')
  await writeState(file, state(20), hparamsOf())
  const { writeFile } = fs
  jest.spyOn(fs, 'writeFile').mockImplementation(async target => {
    await writeFile(target, Buffer.alloc(1_000_000))
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  })
  await expectIntact(file, await failure(writeState(file, state(40), hparamsOf())), 'ENOSPC')
  expect(readdirSync(at)).toEqual(['digits.safetensors'])
})

;(readOnly === undefined ? it.skip : it)('leaves the last file in a read-only folder', async () => {
  const at = readOnly as string
  const file = join(at, 'digits.safetensors')
  await writeState(file, state(20), hparamsOf())
  execFileSync('mount', ['-o', 'remount,ro', at])
  const keeper = new CheckpointKeeper({ path: file })
  await expectIntact(file, await failure(writeState(file, state(40), hparamsOf())), 'EROFS')
  await expectIntact(file, await failure(keeper.write(state(40), hparamsOf())), 'EROFS')
  await expectIntact(file, await failure(keeper.prepare()), 'EROFS')
})

it.each(['open', 'rename'] as const)('leaves the last file where %s is not permitted', async call => {
  const at = join(folder, `no-${call}`)
  mkdirSync(at)
  const file = join(at, 'digits.safetensors')
  await writeState(file, state(20), hparamsOf())
  jest.spyOn(fs, call).mockRejectedValue(Object.assign(new Error('EACCES'), { code: 'EACCES' }))
  const error = await failure(writeState(file, state(40), hparamsOf()))
  jest.restoreAllMocks()
  await expectIntact(file, error, 'EACCES')
  expect(readdirSync(at)).toEqual(['digits.safetensors'])
})

it('rejects for a missing folder', async () => {
  const file = join(folder, 'missing', 'digits.safetensors')
  for (const write of [
    () => writeState(file, state(20), hparamsOf()),
    () => new CheckpointKeeper({ path: file }).write(state(20), hparamsOf()),
  ]) {
    expect(await failure(write())).toMatchObject({ code: 'ERR_DCGAN_IO', cause: { code: 'ENOENT' } })
  }
})

it('distinguishes a file that may not be read from one that is bad', async () => {
  const file = join(folder, 'unreadable.safetensors')
  await writeState(file, state(20), hparamsOf())
  jest.spyOn(fs, 'open').mockRejectedValue(Object.assign(new Error('EACCES'), { code: 'EACCES' }))
  expect(await failure(readState(file))).toMatchObject({ code: 'ERR_DCGAN_IO', cause: { code: 'EACCES' } })
})
