import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openContainer } from '../../lib/checkpoint/container.js'
import { withSource } from '../../lib/checkpoint/file.js'
import { readInfo, readState } from '../../lib/checkpoint/index.js'
import { failure, refused } from '../support/failure.js'
import { sharedFolder } from '../support/folder.js'
import { draftState, writeDraft, writeRaw } from './files.js'
import { type Case, describeHostile, type Make } from './hostile.js'

const folder = sharedFolder()

/** A small header of any text, before so many bytes of data. */
const raw =
  (header: string | Buffer, dataBytes = 0, length?: bigint): Make =>
  file =>
    writeRaw(file, header, dataBytes, length === undefined ? {} : { length })

/** One tensor's entry. */
const one = (entry: string, dataBytes = 8) => raw(`{"a":${entry}}`, dataBytes)
/** The entry of eight bytes at the beginning. */
const EIGHT = '{"dtype":"U8","shape":[8],"data_offsets":[0,8]}'
const entry = (dtype: string, shape: string, offsets: string) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`

const FILES: Case[] = [
  [/it is a folder\. Check the path/, file => mkdirSync(file)],
  [/it is a pipe\. Check the path/, file => execFileSync('mkfifo', [file])],
  [/it is a device/, file => symlinkSync('/dev/zero', file)],
  [/it is empty/, file => writeFileSync(file, '')],
  [/it has 7 bytes, too few for the length of a header/, file => writeFileSync(file, '1234567')],
]

const LENGTHS: Case[] = [
  [
    /announce a header of \d+ bytes, but 92 follow/,
    file => writeFileSync(file, Buffer.concat([Buffer.from('PK\x03\x04\0\0\x08\x08'), Buffer.alloc(92)])),
  ],
  [/announce a header of 3 bytes, but 2 follow/, raw('{}', 0, 3n)],
  [/announce a header of 9223372036854775808 bytes, but 2 follow/, raw('{}', 0, 1n << 63n)],
  [/announce a header of 1048577 bytes, more than the 1048576 allowed/, raw('{}', 1 << 21, (1n << 20n) + 1n)],
  [/its header is not JSON/, raw('', 0)],
]

const JSON_TEXTS: Case[] = [
  [/its header is not JSON/, raw('hello')],
  [/its header is not an object/, raw('[]')],
  [/its header is nested more than 3 deep/, raw('['.repeat(10_000))],
  [/its header is nested more than 3 deep/, raw(`{"a":{"dtype":"U8","shape":[${'['.repeat(10_000)}`)],
  [/its header is not JSON/, raw('{"__metadata__":{')],
  [/its header is not JSON/, raw('{"__metadata__":{},}')],
  [/its header is not JSON/, raw('{} {}')],
  [/its header is not JSON/, raw('\ufeff{}')],
  [/its header is not UTF-8/, raw(Buffer.from([0x7b, 0x22, 0xff, 0x22]))],
  [/its header is not JSON/, raw('{"abc')],
  [/its header is not JSON/, raw('{"abc\\')],
  [/its header is not JSON/, raw('{"a\nb":1}')],
  [/its header is not JSON/, raw('{"a\\x":1}')],
  [/its header is not JSON/, raw('{"__metadata__":{"ü":"ü"!')],
  [/its header has a key twice in one object/, raw(`{"a":${EIGHT},"a":${EIGHT}}`, 8)],
  [/its header has a key twice in one object/, raw(`{"a":${EIGHT},"\\u0061":${EIGHT}}`, 8)],
  [/its header has a key twice/, raw('{"__metadata__":{},"__metadata__":{}}')],
  [/its header has a key twice/, raw('{"__metadata__":{"x":"1","x":"2"}}')],
  [/its header has a key twice/, one('{"dtype":"U8","dtype":"F32","shape":[8],"data_offsets":[0,8]}')],
  [/its __metadata__ is not an object of strings/, raw('{"__metadata__":{"x":1}}')],
  [/its header has more than 4096 keys or/, raw(`{${'"a":{},'.repeat(5000)}`)],
  [/more than 4096 keys or 8192 commas/, raw(`{"a":[${'0,'.repeat(10_000)}`)],
  [/its __metadata__ is not an object of strings/, raw('{"__metadata__":null}')],
]

const TENSORS: Case[] = [
  [/tensor "a" is not described by an object/, one('null')],
  [/tensor "a" has an entry "x", which the format does not know/, one('{"x":1}')],
  [/tensor "a" has no dtype that is one of F64/, one('{"shape":[8],"data_offsets":[0,8]}')],
  [/tensor "a" has no shape/, one('{"dtype":"U8","data_offsets":[0,8]}')],
  [/tensor "a" does not have two data_offsets/, one('{"dtype":"U8","shape":[8]}')],
  [/tensor "a" does not have two data_offsets/, one(entry('U8', '[8]', '[0]'))],
  [/tensor "a" does not have two data_offsets/, one(entry('U8', '[8]', '[0,8,8]'))],
  [/tensor "a" has no shape of at most 8 integers/, one(entry('U8', '[1,1,1,1,1,1,1,1,1]', '[0,8]'))],
  [/tensor "a" has dtype "I32", not one of F64, I64, F32, F16, BF16, U8/, one(entry('I32', '[2]', '[0,8]'))],
  [/tensor "a" has dtype "constructor"/, one(entry('constructor', '[2]', '[0,8]'))],
  ...['01', 'NaN', '１'].map(
    (number): Case => [
      /its header is not JSON/,
      one(`{"dtype":"U8","shape":[ ${number}],"data_offsets":[0,8]}`),
    ],
  ),
  ...['-1', '1.5', '9007199254740992', '99999999999999999999', '"8"', 'null', 'true'].map(
    (number): Case => [
      /tensor "a" has no shape of at most 8 integers from 0 to 2\^53 - 1/,
      one(`{"dtype":"U8","shape":[ ${number}],"data_offsets":[0,8]}`),
    ],
  ),
  [/its header is nested more than 3 deep/, one('{"dtype":"U8","shape":[[8]],"data_offsets":[0,8]}')],
  [
    /tensor "a" has shape \[9007199254740991, 9007199254740991\], too large for any file/,
    one(entry('F32', '[9007199254740991,9007199254740991]', '[0,8]')),
  ],
  [
    /tensor "a" has shape \[4294967296, 4294967296, 0\], too large for any file/,
    one(entry('F32', '[4294967296,4294967296,0]', '[0,0]'), 0),
  ],
  [/tensor "a" is F32 \[3\], 12 bytes, but holds 8 bytes/, one(entry('F32', '[3]', '[0,8]'))],
  [/tensor "a" is F32 \[\], 4 bytes, but holds 8 bytes/, one(entry('F32', '[]', '[0,8]'))],
  [/tensor "a" lies at bytes 8 to 0 of the data, which is backwards/, one(entry('U8', '[8]', '[8,0]'))],
  [/tensor "a" lies at bytes 0 to 9 of the data, which end at byte 8/, one(entry('U8', '[9]', '[0,9]'))],
  [
    /tensor "a" lies at bytes 0 to 1099511627776 of the data, which end at byte 8/,
    one(entry('U8', '[1099511627776]', '[0,1099511627776]')),
  ],
  [/1 bytes follow the last tensor, which ends at byte 8/, one(entry('U8', '[8]', '[0,8]'), 9)],
  [/1099511627768 bytes follow the last tensor/, one(entry('U8', '[8]', '[0,8]'), 2 ** 40)],
  [/5 bytes follow the last tensor, which ends at byte 0/, raw('{}', 5)],
  [
    /bytes 4 to 8 of the data, but no tensor holds the bytes 0 to 4 before it/,
    one(entry('U8', '[4]', '[4,8]')),
  ],
  [
    /tensor "b" lies at bytes 5 to 8 of the data, but no tensor holds the bytes 4 to 5/,
    raw(`{"b":${entry('U8', '[3]', '[5,8]')},"a":${entry('U8', '[4]', '[0,4]')}}`, 8),
  ],
  [
    /tensor "b" lies at bytes 3 to 8 of the data, where another tensor lies up to byte 4/,
    raw(`{"a":${entry('U8', '[4]', '[0,4]')},"b":${entry('U8', '[5]', '[3,8]')}}`, 8),
  ],
  [/where another tensor lies up to byte 8/, raw(`{"a":${EIGHT},"b":${EIGHT}}`, 8)],
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
    const error = await failure(read(file))
    expect(error).toMatchObject({ code: 'ERR_DCGAN_IO', cause: { code } })
    expect(error.message).toContain(`Cannot read ${file}: `)
    expect(error.message).toContain(message)
  }
})

it('notices a file that becomes shorter while it is read', async () => {
  const file = join(folder, 'shrinking')
  writeDraft(file, draftState('full'))
  await refused(
    withSource(file, async reader => {
      const container = await openContainer(reader)
      truncateSync(file, 2_000_000)
      await container.read(new Uint8Array(2_000_000))
    }),
    'ERR_DCGAN_BAD_CHECKPOINT',
    /it became shorter while it was read, ending at byte 2000000/,
  )
})
