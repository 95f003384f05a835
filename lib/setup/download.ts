import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { getProxyForUrl } from 'proxy-from-env'
import { Agent, fetch, Pool, ProxyAgent } from 'undici'
import { DcganError } from '../errors.js'
import { codeOf, ioFailure, messageOf } from '../internal/failure.js'
import { line, progress, size } from '../internal/report.js'

/** Failures that another attempt would meet too: a wrong address (no code), no such server, or a refusal (4xx). */
const FINAL = /^(|ENOTFOUND|ECONNREFUSED|E(HOST|NET)UNREACH|UND_ERR_INVALID_ARG|HTTP_4(?!08|25|29)..)$/

/**
 * Downloads a file, and tries again after failures that may pass. If it fails, nothing stays. Returns its bytes.
 *
 * @param pinned the SHA-256 that the file must have
 * @throws {DcganError} `ERR_DCGAN_IO`
 */
export async function download(
  address: string,
  target: string,
  pinned: string,
  { attempts = 5, backoffMs = 500, stallMs = 30_000 } = {},
): Promise<number> {
  const url = new URL(address)
  const headers = { 'user-agent': 'libtorch-dcgan', 'accept-encoding': 'identity', ...credentialsOf(url) }
  fs.mkdirSync(path.dirname(target), { recursive: true })
  for (let failures = 1; ; failures++) {
    try {
      const { sha256, bytes } = await fetchOnce(url, target, headers, stallMs)
      if (sha256 === pinned) return bytes
      throw ioFailure(
        `${url} is not the file that was expected: its SHA-256 is ${sha256}, not ${pinned}.`,
        'The server or a proxy changed the file. Try another network, or give a file that you trust with --from.',
      )
    } catch (error) {
      fs.rmSync(target, { force: true })
      // The innermost cause of what fetch throws is the error of the connection.
      let cause = error as Error
      while (!(cause instanceof DcganError) && cause.cause) cause = cause.cause as Error
      const code = codeOf(cause)
      if (cause instanceof DcganError || /^(ENOSPC|EDQUOT)$/.test(code)) throw cause
      const reason = messageOf(cause) || code
      if (failures >= attempts || FINAL.test(code)) {
        const password = 'The proxy needs a name and a password: HTTPS_PROXY=http://name:password@host:port'
        const fix = /\b407\b/.test(reason) ? password : 'Check the network, or give a file with --from.'
        throw ioFailure(`${url} cannot be fetched: ${reason}.`, fix, { cause, unreachable: true })
      }
      line(`  ${url.host}: ${reason}; trying again`)
      await sleep(backoffMs * 2 ** (failures - 1))
    }
  }
}

/** Takes name and password out of an address, so that no message shows them. Returns the header that has them. */
function credentialsOf(url: URL): Record<string, string> {
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  url.username = ''
  url.password = ''
  return pair === ':' ? {} : { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

async function fetchOnce(url: URL, target: string, headers: Record<string, string>, stallMs: number) {
  const limits = { headersTimeout: stallMs, bodyTimeout: stallMs, connect: { timeout: stallMs } }
  const dispatcher = new Agent({
    ...limits,
    // Each address of a redirect may have another proxy. A proxy needs no tunnel for http:.
    factory: (origin, options) => {
      const uri = proxyFor(String(origin))
      const proxyTunnel = String(origin).startsWith('https:')
      return uri === undefined ? new Pool(origin, options) : new ProxyAgent({ ...limits, uri, proxyTunnel })
    },
  })
  const hash = crypto.createHash('sha256')
  let bytes = 0
  try {
    const response = await fetch(url, { headers, dispatcher })
    const { status, body } = response
    if (status !== 200 || body === null) {
      const refusal = new Error(`the server answered ${status} ${response.statusText}`)
      throw Object.assign(refusal, { code: `HTTP_${status}` })
    }
    const total = Number(response.headers.get('content-length'))
    const measured = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        bytes += chunk.length
        progress('  Downloading', bytes, total, size)
        yield chunk
      }
    }
    await pipeline(Readable.fromWeb(body), measured, fs.createWriteStream(target, { flush: true }))
  } finally {
    await dispatcher.destroy()
  }
  return { sha256: hash.digest('hex'), bytes }
}

/** Returns the proxy for an address, which HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY choose. */
export function proxyFor(address: string): string | undefined {
  const chosen = getProxyForUrl(address)
  if (chosen === '') return undefined
  // A proxy without a scheme is an http: proxy, as with curl. proxy-from-env gives it the scheme of the address.
  const given = Object.values(process.env).includes(chosen)
  const proxy = given ? chosen : chosen.replace(/^https:/, 'http:')
  if (URL.canParse(proxy) && /^https?:$/.test(new URL(proxy).protocol)) return proxy
  const what = `Set-up cannot use the proxy ${proxy.replace(/\/\/[^/]*@/, '//')}: only http: and https: proxies.`
  throw ioFailure(what, 'Set HTTPS_PROXY to http://host:port, or unset it.')
}
