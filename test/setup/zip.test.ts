import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { unzip } from '../../lib/internal/unzip.js'
import { temporary } from '../support/folder'
import { type Item, zip } from './support'

async function unpack(
  data: Buffer,
  place: (name: string) => string | undefined = name => name,
): Promise<string> {
  const folder = temporary()
  const file = path.join(folder, 'archive.zip')
  fs.writeFileSync(file, data)
  await unzip(file, path.join(folder, 'out'), place)
  return path.join(folder, 'out')
}

const read = (folder: string, name: string) => fs.readFileSync(path.join(folder, name), 'utf8')
const noise = crypto.randomBytes(6 * 1024 * 1024)

describe('a ZIP file', () => {
  test('is unpacked: deflated and stored, small and large, empty, in folders, with a comment', async () => {
    const items: Item[] = [
      { name: 'a/', data: '' },
      { name: 'a/b.h', data: '#pragma once\n' },
      { name: 'a/stored', data: 'as it is', stored: true },
      { name: 'empty', data: '' },
      { name: 'large', data: noise },
      { name: 'large-stored', data: noise, stored: true },
      { name: 'tool', data: '#!/bin/sh\n', mode: 0o100755 },
      { name: 'ünï.txt', data: 'ü' },
    ]
    const out = await unpack(zip(items, { comment: 'a comment, PK\x05\x06 included' }))
    expect(read(out, 'a/b.h')).toBe('#pragma once\n')
    expect(read(out, 'a/stored')).toBe('as it is')
    expect(read(out, 'empty')).toBe('')
    expect(read(out, 'ünï.txt')).toBe('ü')
    for (const name of ['large', 'large-stored']) {
      expect(fs.readFileSync(path.join(out, name)).equals(noise)).toBe(true)
    }
    expect(fs.statSync(path.join(out, 'tool')).mode & 0o777).toBe(0o644)
  })

  test('in ZIP64 form is unpacked too', async () => {
    const out = await unpack(
      zip(
        [
          { name: 'one', data: 'eins', zip64: true },
          { name: 'two', data: noise, zip64: true },
          { name: 'three', data: 'drei' },
        ],
        { zip64: true },
      ),
    )
    expect(read(out, 'one')).toBe('eins')
    expect(read(out, 'three')).toBe('drei')
    expect(fs.readFileSync(path.join(out, 'two')).equals(noise)).toBe(true)
  })

  test('gives only the wanted entries, at their places', async () => {
    const out = await unpack(
      zip([
        { name: 'libtorch/lib/x.so', data: 'x' },
        { name: 'libtorch/python.py', data: 'y' },
      ]),
      name => (name.endsWith('.so') ? name.replace('libtorch/', 'torch/') : undefined),
    )
    expect(read(out, 'torch/lib/x.so')).toBe('x')
    expect(fs.readdirSync(out)).toEqual(['torch'])
  })

  test('does not overwrite what is there', async () => {
    await expect(
      unpack(
        zip([
          { name: 'a', data: '1' },
          { name: 'b', data: '2' },
        ]),
        () => 'same',
      ),
    ).rejects.toThrow(/EEXIST/)
  })
})

describe('a ZIP file is refused whole when an entry', () => {
  test.each(['../outside', 'a/../../outside', 'a/./b', '/etc/passwd', 'C:/windows', 'a\\..\\b', 'a\0b', ''])(
    'is named %j',
    async name => {
      const data = zip([
        { name: 'good', data: 'x' },
        { name, data: 'evil' },
      ])
      // Even if that entry is not wanted.
      await expect(unpack(data, entry => (entry === 'good' ? entry : undefined))).rejects.toMatchObject({
        code: 'ERR_DCGAN_IO',
        message: expect.stringMatching(/unsafe: .*(path|file ?name)/i),
      })
    },
  )

  test('is a symbolic link', async () => {
    const items: Item[] = [
      { name: 'link', data: '/etc', mode: 0o120777 },
      { name: 'link/passwd', data: 'evil' },
    ]
    await expect(unpack(zip(items))).rejects.toThrow(/symbolic link/)
  })

  test('has the name of another', async () => {
    await expect(
      unpack(
        zip([
          { name: 'a', data: '1' },
          { name: 'a', data: '2' },
        ]),
      ),
    ).rejects.toThrow(/two entries/)
  })

  test.each([
    ['is encrypted', { flags: 1 }, /encrypted/],
    ['is packed in an unknown way', { method: 12 }, /method 12/],
  ])('%s', async (_what, lie, message) => {
    await expect(unpack(zip([{ name: 'a', data: 'x', ...lie }]))).rejects.toThrow(message)
  })
})

describe('damage is found:', () => {
  const large = Buffer.alloc(5 * 1024 * 1024, 'zeros do pack well ')

  test.each<[string, Item, RegExp]>([
    ['a wrong checksum', { name: 'a', data: 'x', crc: 1 }, /checksum/],
    ['a wrong checksum, large', { name: 'a', data: large, crc: 1 }, /checksum/],
    ['more bytes than it says', { name: 'a', data: Buffer.alloc(1e6), size: 10 }, /too many bytes/],
    ['more bytes than it says, large', { name: 'a', data: large, size: 4 * 1024 * 1024 }, /too many bytes/],
    ['fewer bytes than it says', { name: 'a', data: 'xyz', size: 9 }, /not enough bytes/],
    ['fewer bytes than it says, stored', { name: 'a', data: 'xyz', size: 9, stored: true }, /size mismatch/],
    ['no deflate stream', { name: 'a', data: '\xff\xff\xff\xff', stored: true, method: 8 }, /damaged/],
    ['no deflate stream, large', { name: 'a', data: noise, stored: true, method: 8 }, /damaged/],
  ])('%s', async (_what, item, message) => {
    await expect(unpack(zip([item]))).rejects.toThrow(message)
  })

  test('a file cut short anywhere', async () => {
    const whole = zip([
      { name: 'a', data: 'x'.repeat(1000) },
      { name: 'b', data: noise.subarray(0, 500) },
    ])
    for (let length = 0; length < whole.length; length += 7) {
      await expect(unpack(whole.subarray(0, length))).rejects.toThrow(/damaged/)
    }
  })

  test('a ZIP64 record that points far out of the file', async () => {
    const data = zip([{ name: 'a', data: 'x', zip64: true }], { zip64: true })
    const locator = data.length - 22 - 20
    for (const position of [2n ** 63n, 2n ** 52n, BigInt(data.length)]) {
      const damaged = Buffer.from(data)
      damaged.writeBigUInt64LE(position, locator + 8)
      await expect(unpack(damaged)).rejects.toMatchObject({ code: 'ERR_DCGAN_IO' })
    }
  })

  test('a large entry that is not where the directory says', async () => {
    const data = zip([{ name: 'large', data: noise }])
    data.writeUInt32LE(0, 0)
    await expect(unpack(data)).rejects.toThrow(/damaged/)
  })

  test('a large entry out of the file, and nothing is written after that', async () => {
    const data = zip([{ name: 'large', data: noise }])
    // The position at which the entry begins.
    data.writeUInt32LE(0x00ffff00, data.length - 22 - 'large'.length - 4)
    const folder = temporary()
    fs.writeFileSync(path.join(folder, 'archive.zip'), data)
    const out = path.join(folder, 'out')
    const unpacked = unzip(path.join(folder, 'archive.zip'), out, (name: string) => name)
    await expect(unpacked).rejects.toThrow(/damaged/)
    fs.rmSync(path.join(out, 'large'), { force: true })
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(fs.readdirSync(out)).toEqual([])
  })

  test('a directory that points nowhere', async () => {
    const data = zip([{ name: 'a', data: 'x' }])
    const end = data.length - 22
    for (const at of [
      end + 16, // where the directory begins
      end - 5, // where the entry begins
    ]) {
      const damaged = Buffer.from(data)
      damaged.writeUInt32LE(0x00ffff00, at)
      await expect(unpack(damaged)).rejects.toThrow(/damaged/)
    }
  })
})
