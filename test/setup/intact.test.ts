import fs from 'node:fs'
import path from 'node:path'
import { type CacheEntry, listEntries } from '../../lib/setup/cache.js'
import { findLibTorch, type LibTorchInfo } from '../../lib/setup/find.js'
import { requireIntact } from '../../lib/setup/intact.js'
import { temporary, write } from '../support/folder'
import { environment, fetchInto } from './fetch-support'
import { makeWheel, problem, setVariables } from './support'

let home: string
let cache: string
let from: string
let folder: string
beforeEach(async () => {
  home = temporary()
  cache = path.join(home, 'cache')
  from = write(home, "user's torch.whl", makeWheel())
  const { stdout } = await fetchInto(home, { from })
  folder = JSON.parse(stdout).folder
  setVariables(environment(home))
})

const find = () => findLibTorch() as LibTorchInfo
const library = (name = 'libtorch_cpu.so') => path.join(folder, 'lib', name)

/** Other content of the same length. */
function change(file: string): void {
  const bytes = fs.readFileSync(file)
  bytes[0] = Number(bytes[0]) ^ 1
  fs.writeFileSync(file, bytes)
}

const later = new Date(Date.now() + 3_600_000)

describe('a library of the cache', () => {
  test.each([
    ['has another size', () => fs.appendFileSync(library(), 'more')],
    [
      'has other content',
      () => {
        change(library())
        fs.utimesSync(library(), later, later)
      },
    ],
    [
      'is a link',
      () => {
        fs.renameSync(library(), path.join(home, 'elsewhere'))
        fs.symlinkSync(path.join(home, 'elsewhere'), library())
      },
    ],
  ])('that %s is not loaded, and the message has the command that replaces it', async (_what, corrupt) => {
    corrupt()
    const { message, fix } = problem(find)
    expect(message).toContain(`${library()} is not as it was unpacked`)
    const name = path.relative(cache, path.dirname(folder))
    const word = `'${from.replace("'", "'\\''")}'`
    expect(fix).toBe(`npx libtorch-dcgan setup --remove ${name} && npx libtorch-dcgan setup --from ${word}`)
    const again = await fetchInto(home, { from })
    expect(again.status).toBe(1)
    expect(again.stderr).toContain(fix)
  })

  test('with another time but the same content is loaded, and read once only', async () => {
    fs.utimesSync(library(), later, later)
    expect(find().folder).toBe(folder)
    const noted = () => listEntries()[0]?.contents.libraries['torch/lib/libtorch_cpu.so']?.mtimeMs
    while (noted() !== fs.statSync(library()).mtimeMs) await new Promise(resolve => setTimeout(resolve, 5))
  })

  test('with a time that an archive cut to seconds is as it was', () => {
    const seconds = Math.floor(fs.statSync(library()).mtimeMs / 1000)
    const record = path.join(folder, '..', 'libtorch.json')
    const before = fs.readFileSync(record, 'utf8')
    fs.utimesSync(library(), seconds, seconds)
    expect(find().folder).toBe(folder)
    expect(fs.readFileSync(record, 'utf8')).toBe(before)
  })
})

test.each([
  [
    'a library that was changed and given its old time',
    () => {
      const { atimeMs, mtimeMs } = fs.statSync(library())
      change(library())
      fs.utimesSync(library(), atimeMs / 1000, mtimeMs / 1000)
    },
    /libtorch_cpu\.so is not as it was unpacked/,
  ],
  ['a library that was added', () => fs.writeFileSync(library('libc.so.6'), 'x'), /libc\.so\.6 was added/],
])('reading everything finds %s', (_what, corrupt, message) => {
  corrupt()
  expect(find().folder).toBe(folder)
  expect(problem(() => requireIntact(listEntries()[0] as CacheEntry, true)).message).toMatch(message)
})

describe('a cache that every user may write to', () => {
  test.each([
    ['itself', () => cache],
    ['in its entry', () => path.dirname(folder)],
    ['in the folder of its libraries', () => path.join(folder, 'lib')],
    ['in a library', () => library()],
  ])('%s is not loaded from', (_what, file) => {
    fs.chmodSync(file(), 0o777)
    expect(problem(find)).toMatchObject({
      message: `Every user of this machine may write to ${file()}, and so change what is loaded from it.`,
      fix: expect.stringMatching(/^chmod -R o-w .*\n.*LIBTORCH='/),
    })
  })

  test('is not fetched into', async () => {
    fs.rmSync(cache, { recursive: true })
    fs.mkdirSync(cache)
    fs.chmodSync(cache, 0o777)
    const { status, stderr } = await fetchInto(home, { from })
    expect(status).toBe(1)
    expect(stderr).toMatch(/Every user of this machine may write to .*\n {2}chmod -R o-w/)
    expect(fs.readdirSync(cache)).toEqual([])
  })

  test('is loaded from where LIBTORCH names what is in it', () => {
    fs.chmodSync(cache, 0o777)
    setVariables({ ...environment(home), LIBTORCH: folder })
    expect(find().folder).toBe(folder)
  })
})

// Only root can make what belongs to another user.
const root = process.getuid?.() === 0 ? test : test.skip

root('a cache, or a library in it, that belongs to another user is not loaded from', () => {
  for (const file of [library(), cache]) {
    fs.chownSync(file, 65534, 65534)
    expect(problem(find)).toMatchObject({
      message: `${file} belongs to another user, with the id 65534, who could change what is loaded from it.`,
      fix: expect.stringMatching(/LIBTORCH_DCGAN_HOME to a folder of your own[\s\S]*LIBTORCH='/),
    })
    fs.chownSync(file, 0, 0)
  }
  expect(find().folder).toBe(folder)
})

describe('what set-up makes', () => {
  test('only its user may change, whatever the user’s mask is, and all may read but the lock', async () => {
    fs.rmSync(cache, { recursive: true })
    const { status } = await fetchInto(home, { from }, {}, 'process.umask(0)')
    expect(status).toBe(0)
    expect(fs.statSync(cache).mode & 0o777).toBe(0o755)
    for (const name of fs.readdirSync(cache, { recursive: true }) as string[]) {
      // A lock can be opened by its owner alone.
      const others = name === 'lock' ? 0 : 0o044
      expect([name, fs.statSync(path.join(cache, name)).mode & 0o066]).toEqual([name, others])
    }
  })

  test('in a cache that a group may write to is made after a warning', async () => {
    fs.rmSync(cache, { recursive: true })
    fs.mkdirSync(cache)
    fs.chmodSync(cache, 0o770)
    const { status, stderr } = await fetchInto(home, { from })
    expect(status).toBe(0)
    expect(stderr).toContain(`chmod -R g-w '${cache}'`)
  })
})
