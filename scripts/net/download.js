'use strict'

const fs = require('node:fs')
const { STATUS_CODES } = require('node:http')
const path = require('node:path')
const { finished } = require('node:stream/promises')
const { hashFile } = require('../files/hash.js')
const { Problem, codeOf, reason } = require('../problem.js')
const { writeAtomically } = require('../libtorch/cache.js')
const { dispatcherFor, proxyFor } = require('./proxy.js')

const ATTEMPTS = 5
const BACKOFF_MS = 500
const STALL_MS = 30_000
const MAX_REDIRECTS = 10

const TRY_AGAIN = 'Run the set-up again: it goes on where it stopped.'

/** A server's answer that asking again does not change. */
const FINAL = new Set([400, 401, 403, 404, 405, 407, 410, 451])
/** Failures of a connection that was never made: asking five times would only keep the user waiting. */
const UNREACHABLE = /^(ENOTFOUND|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|EAI_FAIL)$/

/**
 * @typedef {object} DownloadOptions
 * @property {string | null} [sha256] what the file must hash to; null: not known
 * @property {import('../tools.js').Env} [env] for the proxy variables
 * @property {(done: number, total: number | undefined) => void} [onProgress]
 * @property {(message: string) => void} [onRetry]
 * @property {number} [attempts]
 * @property {number} [backoffMs]
 * @property {number} [stallMs]
 */

/**
 * Downloads a file. What came of a broken download is kept beside the target (`.part`) and completed, in this
 * run or the next; the target appears only when it is whole and its hash is right.
 *
 * @param {string} address
 * @param {string} target
 * @param {DownloadOptions} [options]
 * @returns {Promise<{ sha256: string, size: number }>}
 * @throws {Problem} code 'UNREACHABLE' where the server, or the file on it, cannot be had; 'BAD_HASH'
 */
async function download(address, target, options = {}) {
  const { url, headers } = splitCredentials(address)
  return downloadFile(url, target, { ...options, headers })
}

/** Takes name and password out of an address, where messages and records would show them. @param {string} address */
function splitCredentials(address) {
  const url = new URL(address)
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  /** @type {Record<string, string>} */
  const headers =
    url.username === '' ? {} : { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
  url.username = ''
  url.password = ''
  return { url: url.href, headers }
}

/** @typedef {DownloadOptions & { headers: Record<string, string> }} RequestOptions */

/** @param {string} address @param {string} target @param {RequestOptions} options */
async function downloadFile(address, target, options) {
  const part = `${target}.part`
  fs.mkdirSync(path.dirname(target), { recursive: true })
  let resumed = fs.existsSync(part)
  for (;;) {
    await fetchPart(address, part, options)
    const sha256 = await hashFile(part)
    if (!options.sha256 || sha256 === options.sha256) {
      const { size } = fs.statSync(part)
      fs.renameSync(part, target)
      fs.rmSync(notesOf(part), { force: true })
      return { sha256, size }
    }
    discard(part)
    // A file put together from two downloads may be wrong by that alone: once, it is fetched in one piece.
    if (!resumed) {
      throw new Problem(
        `${address} is not the file that was expected: its SHA-256 is ${sha256}, not ${options.sha256}.`,
        'Something between here and the server changed it, or the server did. Try another network, or give a file that you trust with --from.',
        { code: 'BAD_HASH' },
      )
    }
    resumed = false
  }
}

/**
 * Completes `part`, trying again after failures that may pass.
 *
 * @param {string} address
 * @param {string} part
 * @param {RequestOptions} options
 */
async function fetchPart(address, part, options) {
  const { attempts = ATTEMPTS, backoffMs = BACKOFF_MS, onRetry = () => {} } = options
  for (let failures = 0; ; ) {
    const before = sizeOf(part)
    try {
      return await fetchOnce(address, part, options)
    } catch (error) {
      if (error instanceof Problem) throw error
      const code = codeOf(error) ?? ''
      if (code === 'ENOSPC' || code === 'EDQUOT') {
        throw new Problem(`The disk is full: ${part} cannot be written.`, `Free some space. ${TRY_AGAIN}`)
      }
      // A server that breaks off again and again, but gives something each time, is worth staying with.
      failures = sizeOf(part) > before ? 1 : failures + 1
      if (failures >= attempts || (UNREACHABLE.test(code) && failures >= 2)) {
        throw new Problem(`${address} cannot be fetched: ${reason(error)}.`, TRY_AGAIN, {
          cause: error,
          code: 'UNREACHABLE',
        })
      }
      const wait = backoffMs * 2 ** (failures - 1)
      onRetry(`${new URL(address).host}: ${reason(error)}; trying again`)
      await new Promise(resolve => setTimeout(resolve, wait))
    }
  }
}

/**
 * One request, from where `part` ends.
 *
 * @param {string} address
 * @param {string} part
 * @param {RequestOptions} options
 */
async function fetchOnce(
  address,
  part,
  { headers: credentials, sha256, env = process.env, stallMs = STALL_MS, onProgress = () => {} },
) {
  const notes = readNotes(part)
  // Without a validator the file may have changed meanwhile, which only a known hash would show.
  const resumable = notes.address === address && (notes.validator !== undefined || sha256)
  if (!resumable) discard(part)
  const start = sizeOf(part)
  /** @type {Record<string, string>} */
  const headers = {
    'user-agent': 'libtorch-dcgan',
    accept: '*/*',
    'accept-encoding': 'identity',
    ...credentials,
  }
  if (start > 0) {
    headers.range = `bytes=${start}-`
    if (notes.validator !== undefined) headers['if-range'] = notes.validator
  }
  await follow(new URL(address), headers, { env, stallMs }, async ({ statusCode, headers, body }) => {
    const range = contentRange(headers)
    if (statusCode === 416 && start > 0) {
      if (range?.total === start) return
      discard(part)
      throw new Error('the server has no such part of the file')
    }
    if (statusCode !== 200 && statusCode !== 206) throw refusal(address, statusCode)
    if (statusCode === 206 && range?.start !== start) {
      discard(part)
      throw new Error('the server sent another part of the file than was asked for')
    }
    const from = statusCode === 206 ? start : 0
    const length = headers['content-length']
    const total = length === undefined ? range?.total : from + Number(length)
    const etag = one(headers.etag)
    // A weak ETag does not vouch for bytes (RFC 9110, 13.1.5).
    const validator = etag !== undefined && !etag.startsWith('W/') ? etag : one(headers['last-modified'])
    writeAtomically(notesOf(part), JSON.stringify({ address, validator }))
    let done = from
    onProgress(done, total)
    const fd = fs.openSync(part, from > 0 ? 'a' : 'w')
    try {
      // Written at once: a stream to the file would lose what it holds when the connection breaks.
      body.on('data', (/** @type {Buffer} */ chunk) => {
        try {
          fs.appendFileSync(fd, chunk)
        } catch (error) {
          body.destroy(/** @type {Error} */ (error))
        }
        done += chunk.length
        onProgress(done, total)
      })
      await finished(body)
    } finally {
      fs.fsyncSync(fd)
      fs.closeSync(fd)
    }
    if (total !== undefined && done !== total)
      throw new Error(`the connection ended after ${done} of ${total} bytes`)
  })
}

/** @typedef {import('undici').Dispatcher.ResponseData} Response */

/**
 * A GET that follows redirects, but never from https: to http:.
 *
 * @param {URL} url
 * @param {Record<string, string>} headers
 * @param {{ env: import('../tools.js').Env, stallMs: number }} options
 * @param {(response: Response) => Promise<void>} use called with the answer that is no redirect
 */
async function follow(url, headers, { env, stallMs }, use) {
  const { request } = require('undici')
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const dispatcher = dispatcherFor(url, env, stallMs)
    try {
      const response = await request(url, { headers, dispatcher })
      const location = one(response.headers.location)
      if (![301, 302, 303, 307, 308].includes(response.statusCode) || location === undefined)
        return await use(response)
      const next = new URL(location, url)
      if (!/^https?:$/.test(next.protocol) || (url.protocol === 'https:' && next.protocol === 'http:')) {
        throw new Problem(
          `${url.href} redirects to ${next.href}, which is not secure.`,
          'Give another source with --from.',
        )
      }
      // Another server has no business with this one's password.
      if (next.origin !== url.origin) delete headers.authorization
      url = next
    } catch (error) {
      throw inWords(error, url, env, stallMs)
    } finally {
      await dispatcher.destroy()
    }
  }
  throw new Problem(`${url.href} redirects in a circle.`, 'Give another source with --from.', {
    code: 'UNREACHABLE',
  })
}

/** What undici's errors mean. @param {unknown} error @param {URL} url @param {import('../tools.js').Env} env @param {number} stallMs */
function inWords(error, url, env, stallMs) {
  const code = codeOf(error) ?? ''
  const status = Number(/^Proxy .*\((\d+)\)/.exec(reason(error))?.[1])
  if (status === 407) return refusal(url.href, status)
  if (status > 0) return new Error(`the proxy ${proxyFor(url, env)?.host} answered ${status}`)
  if (/^UND_ERR_(HEADERS|CONNECT)_TIMEOUT$/.test(code))
    return new Error(`no answer within ${stallMs / 1000} s`)
  if (code === 'UND_ERR_BODY_TIMEOUT') return new Error(`nothing came for ${stallMs / 1000} s`)
  return code === 'ECONNRESET' || code.startsWith('UND_ERR') ? new Error('the connection broke') : error
}

/** A header that may be sent once. @param {string | string[] | undefined} value */
function one(value) {
  return Array.isArray(value) ? value[0] : value
}

/** @param {string} address @param {number} status */
function refusal(address, status) {
  const words = `the server answered ${status} ${STATUS_CODES[status] ?? ''}`.trim()
  if (!FINAL.has(status)) return new Error(words)
  const fix =
    status === 407
      ? 'The proxy wants a name and password: HTTPS_PROXY=http://name:password@host:port'
      : 'Look at the address, or give another source with --from.'
  return new Problem(`${address} cannot be fetched: ${words}.`, fix, { code: 'UNREACHABLE' })
}

/** @param {Response['headers']} headers */
function contentRange(headers) {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(one(headers['content-range']) ?? '')
  if (match === null) return undefined
  return {
    start: match[1] === undefined ? undefined : Number(match[1]),
    total: match[2] === '*' ? undefined : Number(match[2]),
  }
}

/** @param {string} part */
const notesOf = part => `${part}.json`

/** @param {string} part @returns {{ address?: string, validator?: string }} */
function readNotes(part) {
  try {
    return JSON.parse(fs.readFileSync(notesOf(part), 'utf8'))
  } catch {
    return {}
  }
}

/** @param {string} part */
function discard(part) {
  fs.rmSync(part, { force: true })
  fs.rmSync(notesOf(part), { force: true })
}

/** @param {string} file */
function sizeOf(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

module.exports = { download }
