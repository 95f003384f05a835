import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import path from 'node:path'
import { download, proxyFor } from '../../lib/setup/download.js'
import { temporary } from '../support/folder'
import { node, ROOT, rejection, serve, setVariables, sha256 } from './support'

describe('the proxy of an address', () => {
  const proxy = (url: string, env: Record<string, string>) => {
    setVariables(env)
    return proxyFor(url)
  }

  test('is that of its scheme, in either case, or the one for all', () => {
    const env = {
      HTTP_PROXY: 'http://plain:1',
      https_proxy: 'http://secure:2',
      HTTPS_PROXY: 'http://other:3',
    }
    expect(proxy('http://a.org/', env)).toBe('http://plain:1')
    expect(proxy('https://a.org/', env)).toBe('http://secure:2')
    expect(proxy('https://a.org/', { ALL_PROXY: 'proxy.lan:3128' })).toBe('http://proxy.lan:3128')
    expect(proxy('https://a.org/', { HTTP_PROXY: 'http://plain:1' })).toBeUndefined()
    expect(proxy('https://a.org/', { HTTPS_PROXY: '' })).toBeUndefined()
  })

  test.each([
    ['*', true],
    ['www.a.org', true],
    ['.a.org', true],
    ['*.a.org', true],
    ['b.org, www.a.org', true],
    ['b.org .a.org', true],
    ['www.a.org:443', true],
    ['WWW.A.ORG', true],
    ['www.a.org:80', false],
    ['ba.org', false],
    ['w.a.org', false],
    ['a.org', false],
    ['', false],
  ])('is none where NO_PROXY is %j: %s', (list, none) => {
    const env = { HTTPS_PROXY: 'http://p:1', NO_PROXY: list }
    expect(proxy('https://www.a.org/', env) === undefined).toBe(none)
  })

  test('knows ports in NO_PROXY', () => {
    expect(
      proxy('http://127.0.0.1:80/', { HTTP_PROXY: 'http://p:1', NO_PROXY: '127.0.0.1:80' }),
    ).toBeUndefined()
  })

  test('of a kind that is not supported, or that is no address, is an error that says so', () => {
    expect(() => proxy('https://a.org/', { HTTPS_PROXY: 'socks5://p:1' })).toThrow(/socks5/)
    expect(() => proxy('https://a.org/', { HTTPS_PROXY: 'http://' })).toThrow(
      /cannot use the proxy http:\/\//,
    )
  })
})

describe('through a proxy', () => {
  test('an http: address is requested whole, with the proxy’s password', async () => {
    const seen: unknown[] = []
    const proxy = await serve((request, response) => {
      seen.push(request.url, request.headers.host, request.headers['proxy-authorization'])
      response.end('data')
    })
    const target = path.join(temporary(), 'x')
    setVariables({ HTTP_PROXY: proxy.replace('//', '//me:s%40cret@') })
    await download('http://files.example/x?y=1', target, sha256(Buffer.from('data')))
    expect(fs.readFileSync(target, 'utf8')).toBe('data')
    const authorization = `Basic ${Buffer.from('me:s@cret').toString('base64')}`
    expect(seen).toEqual(['http://files.example/x?y=1', 'files.example', authorization])
  })

  test('an https: address goes through a tunnel', async () => {
    const pem = fs.readFileSync(path.join(__dirname, 'fixtures', 'localhost.pem'))
    const origin = https.createServer({ key: pem, cert: pem }, (_request, response) => response.end('secret'))
    await new Promise<void>(resolve => origin.listen(0, '127.0.0.1', resolve))
    const { port } = origin.address() as net.AddressInfo
    const requested: (string | undefined)[] = []
    const proxy = http.createServer().on('connect', (request, socket) => {
      requested.push(request.url)
      const upstream = net.connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.pipe(upstream).pipe(socket)
      })
    })
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
    const target = path.join(temporary(), 'x')
    const script = `require('./dist/setup/download.js').download('https://localhost:${port}/x', ${JSON.stringify(target)}, '${sha256(Buffer.from('secret'))}')
      .catch(error => { console.error(error.message); process.exitCode = 1 })`
    // In a process of its own, for which that certificate will do.
    const env = {
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as net.AddressInfo).port}`,
    }
    const made = await node(['--no-warnings', '-e', script], env, ROOT)
    origin.close()
    proxy.close()
    expect(made).toMatchObject({ status: 0 })
    expect(fs.readFileSync(target, 'utf8')).toBe('secret')
    expect(requested).toEqual([`localhost:${port}`])
  })

  test('that refuses, the refusal is in the message', async () => {
    const proxy = await serve((_request, response) => void response.writeHead(407).end())
    const server = http.createServer().on('connect', (_request, socket) => {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const tunnel = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`
    setVariables({ HTTP_PROXY: proxy, HTTPS_PROXY: tunnel })
    const options = { backoffMs: 1, attempts: 2 }
    const target = path.join(temporary(), 'x')
    expect(await rejection(download('http://files.example/x', target, '', options))).toMatchObject({
      message: expect.stringMatching(/407/),
      fix: expect.stringMatching(/HTTPS_PROXY=http:\/\/name:password/),
    })
    await expect(download('https://files.example/x', target, '', options)).rejects.toThrow(
      /Proxy response \(403\)/,
    )
    server.close()
  })
})
