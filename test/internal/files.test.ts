import fs, {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { DcganError } from '../../lib/errors'
import { writeFileAtomic } from '../../lib/internal/files'
import { refused } from '../support/failure'
import { folder as newFolder } from '../support/folder'

let folder: string
let file: string

beforeEach(() => {
  folder = newFolder()
  file = join(folder, 'model.safetensors')
})

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

test('if making the data fails, the old file stays and no other file is left', async () => {
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

describe('a symbolic link to a missing target', () => {
  test.each([
    ['next to it', 'new', 'new'],
    ['in another folder', 'sub/new', 'sub/new'],
    ['over a link to a folder', 'shortcut/../near', 'deep/near'],
    ['through another link', 'second', 'sub/last'],
  ])('stays one, and the file is made %s', async (_, target, made) => {
    await mkdir(join(folder, 'sub'))
    await mkdir(join(folder, 'deep', 'er'), { recursive: true })
    await symlink('deep/er', join(folder, 'shortcut'))
    await symlink(join(folder, 'sub/last'), join(folder, 'second'))
    const link = join(folder, 'latest')
    await symlink(target, link)
    await writeFileAtomic(link, Buffer.from('new'), { durable: true })
    expect(await readlink(link)).toBe(target)
    expect((await lstat(join(folder, made))).isFile()).toBe(true)
    expect(await readFile(join(folder, made), 'utf8')).toBe('new')
  })

  test('nor its folder, is refused and stays', async () => {
    const link = join(folder, 'latest')
    await symlink('missing/new', link)
    await expect(writeFileAtomic(link, Buffer.from('x'))).rejects.toMatchObject({
      code: 'ERR_DCGAN_IO',
      cause: { code: 'ENOENT' },
    })
    expect(await readlink(link)).toBe('missing/new')
  })

  test('because it leads to itself, is refused and stays', async () => {
    await symlink('model.safetensors', file)
    await refused(
      writeFileAtomic(file, Buffer.from('x')),
      'ERR_DCGAN_IO',
      'its symbolic links lead in a circle',
    )
    expect(await readlink(file)).toBe('model.safetensors')
  })
})

const permissions = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

test.each([0o600, 0o640, 0o666, 0o400])('a file that is replaced keeps its permissions (%d)', async mode => {
  await writeFile(file, 'old')
  await chmod(file, mode)
  let meanwhile: string | undefined
  const data = async function* () {
    const [temporary] = (await readdir(folder)).filter(name => name.endsWith('.tmp'))
    meanwhile = await permissions(join(folder, temporary as string))
    yield Buffer.from('new')
  }
  await writeFileAtomic(file, data())
  expect([meanwhile, await permissions(file)]).toEqual([mode.toString(8), mode.toString(8)])
  expect(await readFile(file, 'utf8')).toBe('new')
})

test('a new file has the permissions that the umask leaves, or the given ones', async () => {
  await writeFileAtomic(file, Buffer.from('new'))
  expect(await permissions(file)).toBe((0o666 & ~process.umask()).toString(8))
  const other = join(folder, 'other')
  await writeFileAtomic(other, Buffer.from('new'), { mode: 0o602 })
  expect(await permissions(other)).toBe('602')
})

/** Only root may give files away, and take another user's part. */
const asRoot = process.getuid?.() === 0 ? test : test.skip
const NOBODY = 65_534

asRoot('a file that is replaced keeps its owner', async () => {
  await writeFile(file, 'old')
  await chown(file, NOBODY, NOBODY)
  await writeFileAtomic(file, Buffer.from('new'))
  expect(await stat(file)).toMatchObject({ uid: NOBODY, gid: NOBODY })
})

asRoot('in a folder that cannot be listed a file is replaced all the same', async () => {
  await writeFile(file, 'old')
  await chown(file, NOBODY, NOBODY)
  await chown(folder, NOBODY, NOBODY)
  await chmod(folder, 0o300)
  process.seteuid?.(NOBODY)
  try {
    await expect(readdir(folder)).rejects.toMatchObject({ code: 'EACCES' })
    await writeFileAtomic(file, Buffer.from('new'), { durable: true })
  } finally {
    process.seteuid?.(0)
  }
  expect(await readFile(file, 'utf8')).toBe('new')
  expect(await readdir(folder)).toEqual(['model.safetensors'])
})

test('many files in one folder cost one look for what killed processes left, not one each', async () => {
  const looks = jest.spyOn(fs, 'readdir')
  for (let i = 0; i < 20; i++) await writeFileAtomic(join(folder, `digit_${i}.png`), Buffer.from('x'))
  expect(looks.mock.calls.filter(([path]) => path === folder)).toHaveLength(1)
})

test('the files of a killed process are removed when they are old, and not before', async () => {
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
  ['a missing folder', 'missing/x.png', 'ENOENT', 'create its folder first'],
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
