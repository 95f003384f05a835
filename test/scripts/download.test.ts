import crypto from 'node:crypto'
import fs from 'node:fs'
import type http from 'node:http'
import path from 'node:path'
import { serve, setVariables, sha256, temporary } from './support'

const { download } = require('../../scripts/net/download.js')
const terminal: Record<
  'line' | 'progress',
  (...words: unknown[]) => void
> = require('../../scripts/terminal.js')

const data = crypto.randomBytes(300_000)
const hash = sha256(data)
const quick = { backoffMs: 5, stallMs: 300 }

let target: string
const said: string[] = []
const seen: [number, number][] = []
beforeEach(() => {
  setVariables({})
  said.length = seen.length = 0
  jest.spyOn(terminal, 'line').mockImplementation(words => void said.push(String(words)))
  jest
    .spyOn(terminal, 'progress')
    .mockImplementation((_label, done, total) => void seen.push([Number(done), Number(total)]))
  target = path.join(temporary(), 'cache', 'file.whl')
})

const problem = async (
  promise: Promise<unknown>,
): Promise<{ message: string; fix?: string; code?: string }> =>
  promise.then(
    () => Promise.reject(new Error('nothing was thrown')),
    error => error,
  )

interface Answer {
  etag?: string
  lastModified?: string
  /** Breaks the connection after so many bytes of the body. */
  breakAfter?: number
  body?: Buffer
}

/** Answers as a file server does: ranges, validators, and broken connections where asked for. */
function send(request: http.IncomingMessage, response: http.ServerResponse, answer: Answer = {}) {
  const body = answer.body ?? data
  const validator = answer.etag ?? answer.lastModified
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  const unchanged = request.headers['if-range'] === undefined || request.headers['if-range'] === validator
  if (answer.etag) response.setHeader('etag', answer.etag)
  if (answer.lastModified) response.setHeader('last-modified', answer.lastModified)
  const from = request.headers.range !== undefined && unchanged ? start : 0
  if (from > 0 && from >= body.length) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end()
    return
  }
  if (from > 0) response.setHeader('content-range', `bytes ${from}-${body.length - 1}/${body.length}`)
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': body.length - from })
  if (answer.breakAfter === undefined) response.end(body.subarray(from))
  else
    response.write(body.subarray(from, from + answer.breakAfter), () =>
      setTimeout(() => response.destroy(), 30),
    )
}

describe('a download', () => {
  test('gives the file, its size and hash, and tells how far it is', async () => {
    const address = await serve((request, response) => send(request, response))
    await expect(download(`${address}/x`, target, { ...quick, sha256: hash })).resolves.toMatchObject({
      sha256: hash,
      size: data.length,
    })
    expect(fs.readFileSync(target).equals(data)).toBe(true)
    expect(fs.readdirSync(path.dirname(target))).toEqual(['file.whl'])
    expect(seen[0]?.[1]).toBe(data.length)
    expect(seen.at(-1)).toEqual([data.length, data.length])
  })

  test('of an unknown length and hash works too', async () => {
    const address = await serve((_request, response) => {
      response.write(data.subarray(0, 1000))
      response.end(data.subarray(1000))
    })
    await expect(download(`${address}/x`, target, quick)).resolves.toMatchObject({
      sha256: hash,
      size: data.length,
    })
  })

  test('with another hash is refused, and nothing of it stays', async () => {
    const address = await serve((request, response) => send(request, response, { body: Buffer.from('evil') }))
    const { message, code } = await problem(download(`${address}/x`, target, { ...quick, sha256: hash }))
    expect(code).toBe('BAD_HASH')
    expect(message).toContain(hash)
    expect(message).toContain(sha256(Buffer.from('evil')))
    expect(fs.readdirSync(path.dirname(target))).toEqual([])
  })
})

describe('a name and password in the address', () => {
  test('are sent to that server alone, and shown nowhere', async () => {
    const seen: [string, string | undefined][] = []
    const other = await serve((request, response) => {
      seen.push(['other', request.headers.authorization])
      response.writeHead(404).end()
    })
    const address = await serve((request, response) => {
      seen.push(['first', request.headers.authorization])
      response.writeHead(302, { location: request.url === '/a' ? '/b' : `${other}/c` }).end()
    })
    const { message } = await problem(download(`${address.replace('//', '//me:s%40cret@')}/a`, target, quick))
    const basic = `Basic ${Buffer.from('me:s@cret').toString('base64')}`
    expect(seen).toEqual([
      ['first', basic],
      ['first', basic],
      ['other', undefined],
    ])
    expect(message).toMatch(/404/)
    expect(message).not.toMatch(/cret/)
  })
})

describe('answers', () => {
  test('404 ends it at once', async () => {
    let requests = 0
    const address = await serve((_request, response) => {
      requests++
      response.writeHead(404).end()
    })
    const { message, code } = await problem(download(`${address}/x`, target, quick))
    expect(message).toContain(`${address}/x`)
    expect(message).toMatch(/404/)
    expect(code).toBe('UNREACHABLE')
    expect(requests).toBe(1)
  })

  test.each([500, 503, 429])('%d is asked again', async status => {
    let requests = 0
    const address = await serve((request, response) => {
      if (++requests < 3) response.writeHead(status).end()
      else send(request, response)
    })
    await download(`${address}/x`, target, { ...quick, sha256: hash })
    expect(requests).toBe(3)
    expect(said).toHaveLength(2)
    expect(said[0]).toContain(String(status))
  })

  test('500 for ever ends it after a few', async () => {
    let requests = 0
    const address = await serve((_request, response) => {
      requests++
      response.writeHead(500).end()
    })
    const { message, code } = await problem(download(`${address}/x`, target, { ...quick, attempts: 4 }))
    expect(message).toMatch(/500/)
    expect(code).toBe('UNREACHABLE')
    expect(requests).toBe(4)
  })

  test('no server at all ends it soon', async () => {
    const { code, message } = await problem(download('http://127.0.0.1:1/x', target, quick))
    expect(code).toBe('UNREACHABLE')
    expect(message).toMatch(/ECONNREFUSED/)
  })
})

describe('a redirect', () => {
  test('is followed, relative or absolute', async () => {
    const other = await serve((request, response) => send(request, response))
    const address = await serve((request, response) => {
      if (request.url === '/a') response.writeHead(302, { location: '/b' }).end()
      else response.writeHead(307, { location: `${other}/c` }).end()
    })
    await download(`${address}/a`, target, { ...quick, sha256: hash })
    expect(fs.existsSync(target)).toBe(true)
  })

  test('in a circle ends it', async () => {
    const address = await serve(
      (_request, response) => void response.writeHead(302, { location: '/a' }).end(),
    )
    expect((await problem(download(`${address}/a`, target, quick))).message).toMatch(/circle/)
  })

  test('to something that is not the web is not followed', async () => {
    const address = await serve(
      (_request, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    )
    expect((await problem(download(`${address}/a`, target, quick))).message).toMatch(/not secure/)
  })
})

describe('a connection that breaks', () => {
  test('is taken up where it broke', async () => {
    const ranges: (string | undefined)[] = []
    const address = await serve((request, response) => {
      ranges.push(request.headers.range)
      send(request, response, { etag: '"v1"', ...(ranges.length < 3 ? { breakAfter: 100_000 } : {}) })
    })
    await download(`${address}/x`, target, { ...quick, sha256: hash })
    expect(fs.readFileSync(target).equals(data)).toBe(true)
    expect(ranges).toEqual([undefined, 'bytes=100000-', 'bytes=200000-'])
  })

  test('again and again is stayed with as long as something comes', async () => {
    let requests = 0
    const address = await serve((request, response) => {
      requests++
      send(request, response, { etag: '"v1"', breakAfter: 30_000 })
    })
    await download(`${address}/x`, target, { ...quick, sha256: hash, attempts: 3 })
    expect(requests).toBeGreaterThan(8)
  })

  test('is taken up by the next run', async () => {
    let broken = true
    const ranges: (string | undefined)[] = []
    const address = await serve((request, response) => {
      ranges.push(request.headers.range)
      send(request, response, {
        lastModified: 'Wed, 25 Nov 2026 00:00:00 GMT',
        ...(broken ? { breakAfter: 1000 } : {}),
      })
    })
    await problem(download(`${address}/x`, target, { ...quick, sha256: hash, attempts: 1 }))
    expect(fs.existsSync(target)).toBe(false)
    expect(fs.statSync(`${target}.part`).size).toBe(1000)
    broken = false
    await download(`${address}/x`, target, { ...quick, sha256: hash })
    expect(ranges).toEqual([undefined, 'bytes=1000-'])
    expect(fs.readFileSync(target).equals(data)).toBe(true)
  })

  test('is begun anew when the file has changed meanwhile', async () => {
    let version = 0
    const address = await serve((request, response) => {
      version++
      if (version === 1)
        send(request, response, { etag: '"v1"', breakAfter: 1000, body: Buffer.alloc(300_000) })
      else send(request, response, { etag: '"v2"' })
    })
    await expect(download(`${address}/x`, target, quick)).resolves.toMatchObject({ sha256: hash })
  })

  test('is begun anew when nothing vouches for the rest: no validator and no hash', async () => {
    const ranges: (string | undefined)[] = []
    const address = await serve((request, response) => {
      ranges.push(request.headers.range)
      send(request, response, ranges.length === 1 ? { breakAfter: 1000, etag: 'W/"weak"' } : {})
    })
    await expect(download(`${address}/x`, target, quick)).resolves.toMatchObject({ sha256: hash })
    expect(ranges).toEqual([undefined, undefined])
  })

  test('and was put together wrongly is fetched once more in one piece', async () => {
    const address = await serve((request, response) => send(request, response))
    fs.mkdirSync(path.dirname(target))
    fs.writeFileSync(`${target}.part`, Buffer.alloc(1000))
    fs.writeFileSync(`${target}.part.json`, JSON.stringify({ address: `${address}/x` }))
    await download(`${address}/x`, target, { ...quick, sha256: hash })
    expect(fs.readFileSync(target).equals(data)).toBe(true)
  })

  test('of another address is not continued', async () => {
    const ranges: (string | undefined)[] = []
    const address = await serve((request, response) => {
      ranges.push(request.headers.range)
      send(request, response, { etag: '"v1"' })
    })
    fs.mkdirSync(path.dirname(target))
    fs.writeFileSync(`${target}.part`, Buffer.alloc(1000))
    fs.writeFileSync(
      `${target}.part.json`,
      JSON.stringify({ address: `${address}/other`, validator: '"v1"' }),
    )
    await download(`${address}/x`, target, { ...quick, sha256: hash })
    expect(ranges).toEqual([undefined])
  })

  test('after its last byte is whole', async () => {
    const address = await serve((request, response) => send(request, response, { etag: '"v1"' }))
    fs.mkdirSync(path.dirname(target))
    fs.writeFileSync(`${target}.part`, data)
    fs.writeFileSync(`${target}.part.json`, JSON.stringify({ address: `${address}/x`, validator: '"v1"' }))
    await expect(download(`${address}/x`, target, quick)).resolves.toMatchObject({
      sha256: hash,
      size: data.length,
    })
  })

  test('where the server cannot continue a file is begun anew', async () => {
    let requests = 0
    const address = await serve((_request, response) => {
      response.setHeader('etag', '"v1"')
      if (++requests === 1) {
        response.writeHead(200, { 'content-length': data.length })
        response.write(data.subarray(0, 1000), () => setTimeout(() => response.destroy(), 30))
      } else response.end(data)
    })
    await expect(download(`${address}/x`, target, quick)).resolves.toMatchObject({ sha256: hash })
  })
})

describe('a connection that stalls', () => {
  test('before the answer or within it is given up and tried again', async () => {
    let requests = 0
    const address = await serve((request, response) => {
      if (++requests === 1) return // no answer
      if (requests === 2) {
        response.writeHead(200, { 'content-length': data.length, etag: '"v1"' }).write(data.subarray(0, 1000))
        return // and no more
      }
      send(request, response, { etag: '"v1"' })
    })
    await download(`${address}/x`, target, { ...quick, sha256: hash })
    expect(requests).toBe(3)
    expect(said[0]).toMatch(/no answer/)
    expect(said[1]).toMatch(/nothing came/)
  })
})
