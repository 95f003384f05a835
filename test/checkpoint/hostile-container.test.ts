import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openContainer } from '../../lib/checkpoint/container.js'
import { withSource } from '../../lib/checkpoint/file.js'
import { readInfo, readState } from '../../lib/checkpoint/index.js'
import { draftState, writeDraft, writeRaw } from './files.js'
import { type Case, describeHostile, type Make } from './hostile.js'
import { rejection, temporaryFolder } from './states.js'

const folder = temporaryFolder()

/** A small header of any text, before so many bytes of data. */
const raw =
  (header: string | Buffer, dataBytes = 0, length?: bigint): Make =>
  file =>
    writeRaw(file, header, dataBytes, length === undefined ? {} : { length })

/** One tensor's entry. */
const one = (entry: string, dataBytes = 8) => raw(`{"a":${entry}}`, dataBytes)
const entry = (dtype: string, shape: string, offsets: string) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`

const FILES: Case[] = [
  ['a folder', /it is a folder\. Check the path/, file => mkdirSync(file)],
  ['a pipe', /it is a pipe\. Check the path/, file => execFileSync('mkfifo', [file])],
  ['a link to a device', /it is a device/, file => symlinkSync('/dev/zero', file)],
  ['empty', /it is empty/, file => writeFileSync(file, '')],
  [
    'seven bytes',
    /it has 7 bytes, too few for the length of a header, which takes 8/,
    file => writeFileSync(file, '1234567'),
  ],
]

const LENGTHS: Case[] = [
  [
    'a pickle in a zip',
    /announce a header of \d+ bytes, but 92 follow/,
    file => writeFileSync(file, Buffer.concat([Buffer.from('PK\x03\x04\0\0\x08\x08'), Buffer.alloc(92)])),
  ],
  ['one byte too long', /announce a header of 3 bytes, but 2 follow/, raw('{}', 0, 3n)],
  ['2^63 bytes', /announce a header of 9223372036854775808 bytes, but 2 follow/, raw('{}', 0, 1n << 63n)],
  [
    'over the limit',
    /announce a header of 1048577 bytes, more than the 1048576 allowed/,
    raw('{}', 1 << 21, (1n << 20n) + 1n),
  ],
  ['zero bytes', /its header is not JSON/, raw('', 0)],
]

const JSON_TEXTS: Case[] = [
  ['text', /its header is not JSON/, raw('hello')],
  ['a list', /its header is not an object/, raw('[]')],
  ['ten thousand lists', /its header is nested more than 3 deep/, raw('['.repeat(10_000))],
  [
    'lists in a shape',
    /its header is nested more than 3 deep/,
    raw(`{"a":{"dtype":"U8","shape":[${'['.repeat(10_000)}`),
  ],
  ['an end too early', /its header is not JSON/, raw('{"__metadata__":{')],
  ['a comma too many', /its header is not JSON/, raw('{"__metadata__":{},}')],
  ['two values', /its header is not JSON/, raw('{} {}')],
  ['a byte-order mark', /its header is not JSON/, raw('\ufeff{}')],
  ['no UTF-8', /its header is not UTF-8/, raw(Buffer.from([0x7b, 0x22, 0xff, 0x22]))],
  ['an open string', /its header is not JSON/, raw('{"abc')],
  ['a backslash at the end', /its header is not JSON/, raw('{"abc\\')],
  ['a raw newline in a string', /its header is not JSON/, raw('{"a\nb":1}')],
  ['an unknown escape', /its header is not JSON/, raw('{"a\\x":1}')],
  ['bytes after letters of two bytes', /its header is not JSON/, raw('{"__metadata__":{"ü":"ü"!')],
  [
    'a tensor twice',
    /its header has a key twice in one object/,
    raw(`{"a":${entry('U8', '[8]', '[0,8]')},"a":${entry('U8', '[8]', '[0,8]')}}`, 8),
  ],
  [
    'a tensor twice in other letters',
    /its header has a key twice in one object/,
    raw(`{"a":${entry('U8', '[8]', '[0,8]')},"\\u0061":${entry('U8', '[8]', '[0,8]')}}`, 8),
  ],
  ['metadata twice', /its header has a key twice/, raw('{"__metadata__":{},"__metadata__":{}}')],
  ['a metadata key twice', /its header has a key twice/, raw('{"__metadata__":{"x":"1","x":"2"}}')],
  [
    'a dtype twice',
    /its header has a key twice/,
    one('{"dtype":"U8","dtype":"F32","shape":[8],"data_offsets":[0,8]}'),
  ],
  [
    'a number in the metadata',
    /its __metadata__ is not an object of strings/,
    raw('{"__metadata__":{"x":1}}'),
  ],
  ['too many keys', /its header has more than 4096 keys or/, raw(`{${'"a":{},'.repeat(5000)}`)],
  ['too many numbers', /more than 4096 keys or 8192 commas/, raw(`{"a":[${'0,'.repeat(10_000)}`)],
  ['null for metadata', /its __metadata__ is not an object of strings/, raw('{"__metadata__":null}')],
]

const TENSORS: Case[] = [
  ['null', /tensor "a" is not described by an object/, one('null')],
  ['an unknown entry', /tensor "a" has an entry "x", which the format does not know/, one('{"x":1}')],
  ['no dtype', /tensor "a" has no dtype that is one of F64/, one('{"shape":[8],"data_offsets":[0,8]}')],
  ['no shape', /tensor "a" has no shape/, one('{"dtype":"U8","data_offsets":[0,8]}')],
  ['no offsets', /tensor "a" does not have two data_offsets/, one('{"dtype":"U8","shape":[8]}')],
  ['one offset', /tensor "a" does not have two data_offsets/, one(entry('U8', '[8]', '[0]'))],
  ['three offsets', /tensor "a" does not have two data_offsets/, one(entry('U8', '[8]', '[0,8,8]'))],
  [
    'nine dimensions',
    /tensor "a" has no shape of at most 8 integers/,
    one(entry('U8', '[1,1,1,1,1,1,1,1,1]', '[0,8]')),
  ],
  [
    'a dtype of others',
    /tensor "a" has dtype "I32", not one of F64, I64, F32, F16, BF16, U8/,
    one(entry('I32', '[2]', '[0,8]')),
  ],
  ['a dtype of JavaScript', /tensor "a" has dtype "constructor"/, one(entry('constructor', '[2]', '[0,8]'))],
  ...['01', 'NaN', '１'].map(
    (number): Case => [
      `a size ${number}`,
      /its header is not JSON/,
      one(`{"dtype":"U8","shape":[ ${number}],"data_offsets":[0,8]}`),
    ],
  ),
  ...['-1', '1.5', '9007199254740992', '99999999999999999999', '"8"', 'null', 'true'].map(
    (number): Case => [
      `a size ${number}`,
      /tensor "a" has no shape of at most 8 integers from 0 to 2\^53 - 1/,
      one(`{"dtype":"U8","shape":[ ${number}],"data_offsets":[0,8]}`),
    ],
  ),
  [
    'a size [8]',
    /its header is nested more than 3 deep/,
    one('{"dtype":"U8","shape":[[8]],"data_offsets":[0,8]}'),
  ],
  [
    'a shape that overflows',
    /tensor "a" has shape \[9007199254740991, 9007199254740991\], too large for any file/,
    one(entry('F32', '[9007199254740991,9007199254740991]', '[0,8]')),
  ],
  [
    'a shape that overflows to zero',
    /tensor "a" has shape \[4294967296, 4294967296, 0\], too large for any file/,
    one(entry('F32', '[4294967296,4294967296,0]', '[0,0]'), 0),
  ],
  [
    'too few bytes for the shape',
    /tensor "a" is F32 \[3\], 12 bytes, but holds 8 bytes/,
    one(entry('F32', '[3]', '[0,8]')),
  ],
  [
    'too many bytes for the shape',
    /tensor "a" is F32 \[\], 4 bytes, but holds 8 bytes/,
    one(entry('F32', '[]', '[0,8]')),
  ],
  [
    'backward offsets',
    /tensor "a" lies at bytes 8 to 0 of the data, which is backwards/,
    one(entry('U8', '[8]', '[8,0]')),
  ],
  [
    'offsets past the end',
    /tensor "a" lies at bytes 0 to 9 of the data, which end at byte 8/,
    one(entry('U8', '[9]', '[0,9]')),
  ],
  [
    'a terabyte',
    /tensor "a" lies at bytes 0 to 1099511627776 of the data, which end at byte 8/,
    one(entry('U8', '[1099511627776]', '[0,1099511627776]')),
  ],
  [
    'bytes at the end',
    /1 bytes follow the last tensor, which ends at byte 8/,
    one(entry('U8', '[8]', '[0,8]'), 9),
  ],
  [
    'a terabyte at the end',
    /1099511627768 bytes follow the last tensor/,
    one(entry('U8', '[8]', '[0,8]'), 2 ** 40),
  ],
  ['bytes and no tensor', /5 bytes follow the last tensor, which ends at byte 0/, raw('{}', 5)],
  [
    'a gap before',
    /tensor "a" lies at bytes 4 to 8 of the data, but no tensor holds the bytes 0 to 4 before it/,
    one(entry('U8', '[4]', '[4,8]')),
  ],
  [
    'a gap between',
    /tensor "b" lies at bytes 5 to 8 of the data, but no tensor holds the bytes 4 to 5/,
    raw(`{"b":${entry('U8', '[3]', '[5,8]')},"a":${entry('U8', '[4]', '[0,4]')}}`, 8),
  ],
  [
    'an overlap',
    /tensor "b" lies at bytes 3 to 8 of the data, where another tensor lies up to byte 4/,
    raw(`{"a":${entry('U8', '[4]', '[0,4]')},"b":${entry('U8', '[5]', '[3,8]')}}`, 8),
  ],
  [
    'one place for two',
    /where another tensor lies up to byte 8/,
    raw(`{"a":${entry('U8', '[8]', '[0,8]')},"b":${entry('U8', '[8]', '[0,8]')}}`, 8),
  ],
]

describeHostile(folder, 'what is no file', FILES)
describeHostile(folder, 'the length of the header', LENGTHS)
describeHostile(folder, 'the text of the header', JSON_TEXTS)
describeHostile(folder, 'the entry of a tensor', TENSORS)

it.each([
  ['a missing file', 'ENOENT', 'no such file or folder. Check the path', () => {}],
  [
    'a link below a file',
    'ENOTDIR',
    'a part of its path is not a folder',
    (file: string) => symlinkSync('/dev/null/x', file),
  ],
  ['a link to itself', 'ELOOP', 'links lead in a circle', (file: string) => symlinkSync(file, file)],
])('%s is no bad checkpoint, but cannot be read', async (name, code, message, make) => {
  const file = join(folder, name.replaceAll(' ', '-'))
  make(file)
  for (const read of [readInfo, readState]) {
    const error = await rejection(read(file))
    expect(error).toMatchObject({ code: 'ERR_DCGAN_IO', cause: { code } })
    expect(error.message).toContain(`Cannot read ${file}: `)
    expect(error.message).toContain(message)
  }
})

it('notices a file that becomes shorter while it is read', async () => {
  const file = join(folder, 'shrinking')
  writeDraft(file, draftState('full'))
  const error = await rejection(
    withSource(file, async reader => {
      const container = await openContainer(reader)
      truncateSync(file, 2_000_000)
      await container.read(new Uint8Array(2_000_000))
    }),
  )
  expect(error.code).toBe('ERR_DCGAN_BAD_CHECKPOINT')
  expect(error.message).toMatch(/it became shorter while it was read, ending at byte 2000000/)
})
