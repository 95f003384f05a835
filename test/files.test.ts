import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DcganError } from '../lib/errors'
import { writeFileAtomic } from '../lib/files'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcgan-files-'))
  file = join(folder, 'model.safetensors')
})

afterEach(() => rm(folder, { recursive: true }))

async function* pieces(...parts: (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part
    yield Buffer.from(part)
  }
}

describe.each([true, false])('with durable: %s', durable => {
  test.each([
    ['a buffer', Buffer.from('whole file')],
    ['an array of buffers', [Buffer.from('whole '), Buffer.alloc(0), Buffer.from('file')]],
    ['an async iterable', pieces('whole', ' file')],
  ])('%s becomes the file, and nothing else is left', async (_, data) => {
    await writeFileAtomic(file, data, { durable })
    expect(await readFile(file, 'utf8')).toBe('whole file')
    await writeFileAtomic(file, Buffer.from('new'), { durable })
    expect(await readFile(file, 'utf8')).toBe('new')
    expect(await readdir(folder)).toEqual(['model.safetensors'])
  })
})

test('no data at all makes an empty file', async () => {
  await writeFileAtomic(file, [])
  expect(await readFile(file)).toHaveLength(0)
})

test('where making the data fails, the old file stays and nothing is left', async () => {
  await writeFileAtomic(file, Buffer.from('old'))
  const failure = new Error('the model is gone')
  await expect(writeFileAtomic(file, pieces('ne', failure))).rejects.toMatchObject({
    code: 'ERR_DCGAN_IO',
    message: `Cannot write ${file}: the model is gone`,
    cause: failure,
  })
  const own = new DcganError('ERR_DCGAN_DISPOSED', 'disposed')
  await expect(writeFileAtomic(file, pieces('ne', own))).rejects.toBe(own)
  expect(await readFile(file, 'utf8')).toBe('old')
  expect(await readdir(folder)).toEqual(['model.safetensors'])
})

test('a reader finds the old file or the new one, whole, and writers do not disturb each other', async () => {
  const versions = ['a', 'b', 'c', 'd'].map(letter => letter.repeat(300_000))
  await writeFileAtomic(file, Buffer.from(versions[0] as string))
  let writing = true
  const writes = Promise.all(
    versions.flatMap(version => [
      writeFileAtomic(file, Buffer.from(version)),
      writeFileAtomic(file, pieces(version.slice(0, 1000), version.slice(1000))),
    ]),
  ).finally(() => {
    writing = false
  })
  let reads = 0
  while (writing) {
    // Not toContain: its message would show a megabyte.
    expect(versions.indexOf(await readFile(file, 'utf8'))).not.toBe(-1)
    reads++
  }
  await writes
  expect(reads).toBeGreaterThan(0)
  expect(await readdir(folder)).toEqual(['model.safetensors'])
})

test('a symbolic link stays one', async () => {
  const link = join(folder, 'latest')
  await writeFile(file, 'old')
  await symlink('model.safetensors', link)
  await writeFileAtomic(link, Buffer.from('new'))
  expect(await readFile(file, 'utf8')).toBe('new')
  expect((await lstat(link)).isSymbolicLink()).toBe(true)
})

test('what a killed process left is removed once it is old, and not before', async () => {
  const left = (n: number) => join(folder, `.dcgan-4${n}-00000000-0000-4000-8000-00000000000${n}.tmp`)
  await writeFile(left(1), 'half')
  await writeFile(left(2), 'half')
  await writeFile(join(folder, '.dcgan-notes.tmp'), "the user's own")
  const anHourAgo = Date.now() / 1000 - 3600
  await utimes(left(1), anHourAgo, anHourAgo)
  await utimes(join(folder, '.dcgan-notes.tmp'), anHourAgo, anHourAgo)
  await writeFileAtomic(file, Buffer.from('new'))
  expect((await readdir(folder)).sort()).toEqual([
    '.dcgan-42-00000000-0000-4000-8000-000000000002.tmp',
    '.dcgan-notes.tmp',
    'model.safetensors',
  ])
})

test.each([
  ['a missing folder', 'missing/x.png', 'ENOENT', 'has to be created first'],
  ['a file for a folder', 'plain/x.png', 'ENOTDIR', 'a part of its path is not a folder'],
  ['too long a name', 'x'.repeat(300), 'ENAMETOOLONG', 'Choose a shorter one'],
])('%s is said, with the cause', async (_, name, code, advice) => {
  await writeFile(join(folder, 'plain'), '')
  const path = join(folder, name)
  await expect(writeFileAtomic(path, Buffer.from('x'))).rejects.toMatchObject({
    code: 'ERR_DCGAN_IO',
    message: expect.stringMatching(new RegExp(`^Cannot write ${path}: .*${advice}`)),
    cause: { code },
  })
  expect(await readdir(folder)).toEqual(['plain'])
})

test('folders and devices are not replaced', async () => {
  await mkdir(file)
  await expect(writeFileAtomic(file, Buffer.from('x'))).rejects.toThrow(
    'it is a folder. Give the path of a file',
  )
  await expect(writeFileAtomic('/dev/null', Buffer.from('x'))).rejects.toThrow('it is not a regular file')
})
