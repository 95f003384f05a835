import crypto from 'node:crypto'
import fs from 'node:fs'
import type http from 'node:http'
import path from 'node:path'
import { download } from '../../lib/setup/download.js'
import { temporary } from '../support/folder'
import { captureErrors, rejection, serve, setVariables, sha256 } from './support'

const data = crypto.randomBytes(300_000)
const hash = sha256(data)
const quick = { backoffMs: 5, stallMs: 300 }

let target: string
let said: string[]
beforeEach(() => {
  setVariables({})
  said = captureErrors()
  target = path.join(temporary(), 'cache', 'file.whl')
})

/** Answers with a file, or with this many bytes of it before the connection breaks. */
function send(
  response: http.ServerResponse,
  { body = data, breakAfter }: { body?: Buffer; breakAfter?: number } = {},
) {
  response.writeHead(200, { 'content-length': body.length })
  if (breakAfter === undefined) response.end(body)
  else response.write(body.subarray(0, breakAfter), () => setTimeout(() => response.destroy(), 30))
}

describe('a download', () => {
  test('gives the file and its size', async () => {
    const address = await serve((_request, response) => send(response))
    await expect(download(`${address}/x`, target, hash, quick)).resolves.toBe(data.length)
    expect(fs.readFileSync(target).equals(data)).toBe(true)
    expect(fs.readdirSync(path.dirname(target))).toEqual(['file.whl'])
  })

  test('of an unknown length works too', async () => {
    const address = await serve((_request, response) => {
      response.write(data.subarray(0, 1000))
      response.end(data.subarray(1000))
    })
    await expect(download(`${address}/x`, target, hash, quick)).resolves.toBe(data.length)
  })

  test('with another hash is refused, and nothing of it stays', async () => {
    const address = await serve((_request, response) => send(response, { body: Buffer.from('evil') }))
    const { message, code } = await rejection(download(`${address}/x`, target, hash, quick))
    expect(code).toBe('ERR_DCGAN_IO')
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
    const { message } = await rejection(
      download(`${address.replace('//', '//me:s%40cret@')}/a`, target, hash, quick),
    )
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
    const { message, unreachable } = await rejection(download(`${address}/x`, target, hash, quick))
    expect(message).toContain(`${address}/x`)
    expect(message).toMatch(/404/)
    expect(unreachable).toBe(true)
    expect(requests).toBe(1)
  })

  test.each([500, 503, 429])('after %d, the request is made again', async status => {
    let requests = 0
    const address = await serve((_request, response) => {
      if (++requests < 3) response.writeHead(status).end()
      else send(response)
    })
    await download(`${address}/x`, target, hash, quick)
    expect(requests).toBe(3)
    expect(said.filter(text => text.includes('trying again'))).toHaveLength(2)
    expect(said[0]).toContain(String(status))
  })

  test('500 for ever ends it after a few', async () => {
    let requests = 0
    const address = await serve((_request, response) => {
      requests++
      response.writeHead(500).end()
    })
    const { message, unreachable } = await rejection(
      download(`${address}/x`, target, hash, { ...quick, attempts: 4 }),
    )
    expect(message).toMatch(/500/)
    expect(unreachable).toBe(true)
    expect(requests).toBe(4)
  })

  test('no server at all ends it soon', async () => {
    const { unreachable, message } = await rejection(download('http://127.0.0.1:2/x', target, hash, quick))
    expect(unreachable).toBe(true)
    expect(message).toMatch(/ECONNREFUSED/)
  })
})

describe('a redirect', () => {
  test('is followed, relative or absolute', async () => {
    const other = await serve((_request, response) => send(response))
    const address = await serve((request, response) => {
      if (request.url === '/a') response.writeHead(302, { location: '/b' }).end()
      else response.writeHead(307, { location: `${other}/c` }).end()
    })
    await download(`${address}/a`, target, hash, quick)
    expect(fs.existsSync(target)).toBe(true)
  })

  test('in a circle ends it', async () => {
    const address = await serve(
      (_request, response) => void response.writeHead(302, { location: '/a' }).end(),
    )
    expect((await rejection(download(`${address}/a`, target, hash, quick))).message).toMatch(
      /redirect count exceeded/,
    )
  })

  test('to a file of this machine is not followed', async () => {
    const address = await serve(
      (_request, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    )
    expect((await rejection(download(`${address}/a`, target, hash, quick))).message).toMatch(/HTTP\(S\)/)
  })
})

describe('a connection that breaks', () => {
  test('is made again, and the file is begun again', async () => {
    const ranges: (string | undefined)[] = []
    const address = await serve((request, response) => {
      ranges.push(request.headers.range)
      send(response, ranges.length < 3 ? { breakAfter: 100_000 } : {})
    })
    await download(`${address}/x`, target, hash, quick)
    expect(fs.readFileSync(target).equals(data)).toBe(true)
    expect(ranges).toEqual([undefined, undefined, undefined])
  })

  test('each time ends it after a few, and nothing of the file stays', async () => {
    const address = await serve((_request, response) => send(response, { breakAfter: 1000 }))
    const { message, unreachable } = await rejection(
      download(`${address}/x`, target, hash, { ...quick, attempts: 2 }),
    )
    expect(message).toMatch(/other side closed|terminated/)
    expect(unreachable).toBe(true)
    expect(fs.readdirSync(path.dirname(target))).toEqual([])
  })
})

describe('a connection that stalls', () => {
  test('before the answer or within it is given up and tried again', async () => {
    let requests = 0
    const address = await serve((_request, response) => {
      if (++requests === 1) return // no answer
      if (requests === 2) {
        response.writeHead(200, { 'content-length': data.length }).write(data.subarray(0, 1000))
        return // and no more
      }
      send(response)
    })
    await download(`${address}/x`, target, hash, quick)
    expect(requests).toBe(3)
    expect(said.join('')).toMatch(/Headers Timeout[\s\S]*Body Timeout/)
  })
})
