import crypto from 'node:crypto'
import fs from 'node:fs'
import { STATUS_CODES } from 'node:http'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Dispatcher, request } from 'undici'
import { DcganError } from '../errors.js'
import { codeOf, failure, messageOf } from './failure.js'
import { dispatcherFor, proxyFor } from './proxy.js'
import { line, progress, size } from './report.js'

const MAX_REDIRECTS = 10
const OTHER_SOURCE = 'Check the address, or give another source with --from.'

/** Answers of a server that may differ at the next request. */
const PASSING = /^(408|425|429|5..)$/
/** Failures of a connection that was never made: five attempts would only keep the user waiting. */
const UNREACHABLE = /^(ENOTFOUND|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|EAI_FAIL)$/

interface DownloadOptions {
  /** The SHA-256 that the file must have, if it is known. */
  sha256?: string | undefined
  attempts?: number
  backoffMs?: number
  stallMs?: number
}

interface Downloaded {
  /** The address without a password. */
  url: string
  sha256: string
  bytes: number
}

/**
 * Downloads a file, and tries again after failures that may pass. If it fails, nothing stays.
 *
 * @throws {DcganError} `ERR_DCGAN_IO`
 */
export async function download(
  address: string,
  target: string,
  { sha256: pinned, attempts = 5, backoffMs = 500, stallMs = 30_000 }: DownloadOptions = {},
): Promise<Downloaded> {
  const { url, headers } = splitCredentials(address)
  fs.mkdirSync(path.dirname(target), { recursive: true })
  for (let failures = 1; ; failures++) {
    try {
      const { sha256, bytes } = await fetchOnce(url, target, headers, stallMs)
      if (pinned === undefined || sha256 === pinned) return { url, sha256, bytes }
      throw failure(
        'ERR_DCGAN_IO',
        `${url} is not the file that was expected: its SHA-256 is ${sha256}, not ${pinned}.`,
        'The server, or something between here and it, changed the file. Try another network, or give a file that you trust with --from.',
      )
    } catch (cause) {
      fs.rmSync(target, { force: true })
      if (cause instanceof DcganError) throw cause
      const code = codeOf(cause)
      if (code === 'ENOSPC' || code === 'EDQUOT') {
        const fix = 'Free some space. Run the set-up again.'
        throw failure('ERR_DCGAN_IO', `The disk is full: ${target} cannot be written.`, fix, { cause })
      }
      const reason = messageOf(cause)
      if (failures >= attempts || (UNREACHABLE.test(code) && failures >= 2)) {
        const more = { cause, unreachable: true }
        throw failure('ERR_DCGAN_IO', `${url} cannot be fetched: ${reason}.`, 'Run the set-up again.', more)
      }
      line(`  ${new URL(url).host}: ${reason}; trying again`)
      await sleep(backoffMs * 2 ** (failures - 1))
    }
  }
}

type Headers = Record<string, string>

/** Takes name and password out of an address, so that no message and no record shows them. */
export function splitCredentials(address: string): { url: string; headers: Headers } {
  const url = new URL(address)
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  const headers: Headers =
    pair === ':' ? {} : { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
  url.username = ''
  url.password = ''
  return { url: url.href, headers }
}

async function fetchOnce(
  address: string,
  target: string,
  credentials: Headers,
  stallMs: number,
): Promise<{ sha256: string; bytes: number }> {
  const headers = { 'user-agent': 'libtorch-dcgan', 'accept-encoding': 'identity', ...credentials }
  const hash = crypto.createHash('sha256')
  let bytes = 0
  await follow(new URL(address), headers, stallMs, async ({ statusCode, headers, body }) => {
    if (statusCode !== 200) throw refusal(address, statusCode)
    const total = Number(headers['content-length']) || undefined
    const measured = async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        bytes += chunk.length
        progress('  Downloading', bytes, total, size)
        yield chunk
      }
    }
    await pipeline(body, measured, fs.createWriteStream(target, { flush: true }))
  })
  return { sha256: hash.digest('hex'), bytes }
}

/** Sends a GET that follows redirects, but never from https: to http:. Calls `use` with the answer that is no redirect. */
async function follow(
  url: URL,
  headers: Headers,
  stallMs: number,
  use: (response: Dispatcher.ResponseData) => Promise<void>,
): Promise<void> {
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const dispatcher = dispatcherFor(url, stallMs)
    try {
      const response = await request(url, { headers, dispatcher })
      const { location } = response.headers
      if (![301, 302, 303, 307, 308].includes(response.statusCode) || location === undefined)
        return await use(response)
      const next = new URL(String(location), url)
      if (!/^https?:$/.test(next.protocol) || (url.protocol === 'https:' && next.protocol === 'http:')) {
        const what = `${url.href} redirects to ${next.href}, which is not secure.`
        throw failure('ERR_DCGAN_IO', what, OTHER_SOURCE)
      }
      // Another server must not get this one's password.
      if (next.origin !== url.origin) delete headers.authorization
      url = next
    } catch (error) {
      throw clarified(error, url, stallMs)
    } finally {
      await dispatcher.destroy()
    }
  }
  const what = `${url.href} redirects in a circle.`
  throw failure('ERR_DCGAN_IO', what, OTHER_SOURCE, { unreachable: true })
}

/** Says what undici's errors mean. */
function clarified(error: unknown, url: URL, stallMs: number): unknown {
  const code = codeOf(error)
  const status = Number(/^Proxy .*\((\d+)\)/.exec(messageOf(error))?.[1])
  if (status === 407) return refusal(url.href, status)
  if (status > 0) return new Error(`the proxy ${proxyFor(url)?.host} answered ${status}`)
  if (/^UND_ERR_(HEADERS|CONNECT)_TIMEOUT$/.test(code))
    return new Error(`no answer within ${stallMs / 1000} s`)
  if (code === 'UND_ERR_BODY_TIMEOUT') return new Error(`nothing came for ${stallMs / 1000} s`)
  return code === 'ECONNRESET' || code.startsWith('UND_ERR') ? new Error('the connection broke') : error
}

function refusal(address: string, status: number): Error {
  const answer = `the server answered ${status} ${STATUS_CODES[status] ?? ''}`.trim()
  if (PASSING.test(String(status))) return new Error(answer)
  const fix =
    status === 407
      ? 'The proxy wants a name and password: HTTPS_PROXY=http://name:password@host:port'
      : OTHER_SOURCE
  return failure('ERR_DCGAN_IO', `${address} cannot be fetched: ${answer}.`, fix, { unreachable: true })
}
