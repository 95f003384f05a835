import { execFileSync } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { DCGAN } from '../../lib/index'
import { Generator } from '../../lib/portable/node'
import { draftState, writeDraft } from '../checkpoint/files'
import { kept, tiny } from '../support/dcgan'
import { failure, invalid, refused } from '../support/failure'
import { folder } from '../support/folder'

const LOADERS: [string, (source: never) => Promise<unknown>][] = [
  ['DCGAN.load()', async source => kept(await DCGAN.load(source, { device: 'cpu' }))],
  ['Generator.load()', source => Generator.load(source)],
]

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** Serves one answer for every address. */
async function serve(answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_, response) => answer(response))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/model`
}

async function savedGenerator(): Promise<{ file: string; bytes: Buffer; pixels: Uint8Array }> {
  const gan = tiny()
  const file = join(folder(), 'generator.safetensors')
  await gan.save(file, { only: 'generator' })
  return { file, bytes: readFileSync(file), pixels: (await gan.sample(2, { seed: 3 })).pixels }
}

test('DCGAN.load() reads a path, a URL and bytes', async () => {
  const { file, bytes, pixels } = await savedGenerator()
  const address = await serve(response => response.end(bytes))
  const packed = await serve(response => {
    response.setHeader('content-encoding', 'gzip')
    response.end(gzipSync(bytes))
  })
  const buffer = Uint8Array.from(bytes).buffer
  const url = pathToFileURL(file)
  for (const source of [file, url, url.href, address, new URL(address), packed, bytes, buffer]) {
    const gan = kept(await DCGAN.load(source, { device: 'cpu' }))
    expect(Buffer.compare((await gan.sample(2, { seed: 3 })).pixels, pixels)).toBe(0)
  }
})

test('DCGAN.load() reads a whole model from bytes', async () => {
  const gan = tiny()
  const file = join(folder(), 'whole.safetensors')
  await gan.save(file)
  const loaded = kept(await DCGAN.load(readFileSync(file)))
  expect(loaded.hparams).toEqual(gan.hparams)
})

test('DCGAN.load() copies the bytes when it is called', async () => {
  const { bytes, pixels } = await savedGenerator()
  const given = Uint8Array.from(bytes)
  const loading = DCGAN.load(given, { device: 'cpu' })
  given.fill(255)
  expect(Buffer.compare((await kept(await loading).sample(2, { seed: 3 })).pixels, pixels)).toBe(0)
})

describe.each(LOADERS)('%s', (_name, load) => {
  test.each([
    ['a pipe', (file: string) => execFileSync('mkfifo', [file])],
    ['a device', (file: string) => symlinkSync('/dev/zero', file)],
  ])('refuses %s, which would never end', async (kind, make) => {
    const file = join(folder(), 'x')
    make(file)
    for (const source of [file, pathToFileURL(file), pathToFileURL(file).href]) {
      await refused(load(source as never), 'ERR_DCGAN_BAD_CHECKPOINT', `it is ${kind}. Check the path`)
    }
  })

  test('reads no more of an answer than its header allows', async () => {
    const file = join(folder(), 'generator.safetensors')
    writeDraft(file, draftState('generator'))
    let sent = 0
    let closed = false
    const address = await serve(response => {
      const more = () => {
        while (!closed && sent < 2 ** 30 && response.write(Buffer.alloc(2 ** 20))) sent += 2 ** 20
        if (sent >= 2 ** 30) response.end()
      }
      response.on('close', () => {
        closed = true
      })
      response.on('drain', more)
      response.write(readFileSync(file))
      more()
    })
    await refused(
      load(address as never),
      'ERR_DCGAN_BAD_CHECKPOINT',
      /bytes follow the last tensor, which ends at byte \d+/,
    )
    expect(sent).toBeLessThan(2 ** 27)
  })

  test('unpacks no more of a gzip bomb than its header allows', async () => {
    const file = join(folder(), 'generator.safetensors')
    writeDraft(file, draftState('generator'))
    const zeros = gzipSync(Buffer.alloc(2 ** 25), { level: 1 })
    const bomb = Buffer.concat([gzipSync(readFileSync(file)), ...Array<Buffer>(48).fill(zeros)])
    const address = await serve(response => {
      response.setHeader('content-encoding', 'gzip')
      response.end(bomb)
    })
    const before = process.resourceUsage().maxRSS
    await refused(load(address as never), 'ERR_DCGAN_BAD_CHECKPOINT')
    // The bomb holds 1.5 GiB.
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(2 ** 19)
  })

  test.each([
    ['zeros', Buffer.alloc(100), 'ERR_DCGAN_BAD_CHECKPOINT', /its header is not JSON/],
    ['nothing', Buffer.alloc(0), 'ERR_DCGAN_BAD_CHECKPOINT', /it is cut short, ending at byte 0/],
    [
      'the announcement of a large header',
      Buffer.from('\xff\xff\xff\xff\xff\xff\x00\x00', 'latin1'),
      'ERR_DCGAN_BAD_CHECKPOINT',
      /a header of 281474976710655 bytes, more than the 1048576 allowed/,
    ],
  ])('refuses an answer of %s', async (_what, bytes, code, message) => {
    const error = await failure(load((await serve(response => response.end(bytes))) as never))
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
  })

  test('refuses an answer that is cut short', async () => {
    const { bytes } = await savedGenerator()
    const half = bytes.subarray(0, bytes.length / 2)
    await refused(
      load((await serve(response => response.end(half))) as never),
      'ERR_DCGAN_BAD_CHECKPOINT',
      /it is cut short, ending at byte/,
    )
    const broken = await serve(response => {
      response.setHeader('content-length', bytes.length)
      response.write(half, () => response.destroy())
    })
    await refused(load(broken as never), 'ERR_DCGAN_IO')
  })

  test('names the status of a server that has no such file', async () => {
    const address = await serve(response => response.writeHead(404).end('no'))
    const error = await failure(load(address as never))
    expect(error.code).toBe('ERR_DCGAN_IO')
    expect(error.message).toBe(
      `Cannot read ${address}: the server answered 404 Not Found. Check the address and the network`,
    )
  })

  test.each<[string, unknown]>([
    ['a number', 7],
    ['an empty text', ''],
    ['a zero byte', 'a\0b'],
    ['a URL of another scheme', new URL('data:text/plain,x')],
    ['the URL of a file on another machine', new URL('file://example.com/x')],
    ['an object that says it is an ArrayBuffer', { [Symbol.toStringTag]: 'ArrayBuffer', byteLength: 9 }],
    [
      'a proxy that throws',
      new Proxy(
        {},
        {
          getPrototypeOf: () => {
            throw new Error('no')
          },
        },
      ),
    ],
    ['a proxy of bytes', new Proxy(new Uint8Array(9), {})],
  ])('refuses %s as its source', async (_what, source) => {
    await invalid(load(source as never))
  })

  test('refuses bytes that were transferred', async () => {
    const bytes = new Uint8Array(100)
    const { buffer } = bytes
    structuredClone(buffer, { transfer: [buffer] })
    for (const source of [bytes, buffer]) {
      await refused(load(source as never), 'ERR_DCGAN_BAD_CHECKPOINT', /it is empty/)
    }
  })
})
