'use strict'

const fs = require('node:fs')
const { STATUS_CODES } = require('node:http')
const path = require('node:path')
const { finished } = require('node:stream/promises')
const { setTimeout: sleep } = require('node:timers/promises')
const { hashFile, readJson, writeAtomically } = require('../files/disk.js')
const { Problem, codeOf, reason } = require('../problem.js')
const terminal = require('../terminal.js')
const { dispatcherFor, proxyFor } = require('./proxy.js')

const MAX_REDIRECTS = 10
const TRY_AGAIN = 'Run the set-up again: it continues where it stopped.'
const OTHER_SOURCE = 'Check the address, or give another source with --from.'

/** Answers of a server that may be others when it is asked again. */
const PASSING = /^(408|416|425|429|5..)$/
/** Failures of a connection that was never made: five attempts would only keep the user waiting. */
const UNREACHABLE = /^(ENOTFOUND|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|EAI_FAIL)$/

/**
 * @typedef {object} DownloadOptions
 * @property {string | undefined} [sha256] what the file must hash to, if that is known
 * @property {number} [attempts]
 * @property {number} [backoffMs]
 * @property {number} [stallMs]
 */

/**
 * Downloads a file. A broken download stays beside the target (`.part`) and is completed in this run or the next one;
 * the target appears when it is whole and its hash is right.
 *
 * @param {string} address
 * @param {string} target
 * @param {DownloadOptions} [options]
 * @returns {Promise<{ url: string, sha256: string, size: number }>} `url`: the address without a password
 * @throws {Problem} code 'UNREACHABLE' if the server or its file cannot be reached; 'BAD_HASH'
 */
async function download(address, target, options = {}) {
  const { url, headers } = splitCredentials(address)
  const part = `${target}.part`
  fs.mkdirSync(path.dirname(target), { recursive: true })
  let resumed = fs.existsSync(part)
  for (;;) {
    await fetchPart(url, part, { ...options, headers })
    const sha256 = hashFile(part)
    if (!options.sha256 || sha256 === options.sha256) {
      const { size } = fs.statSync(part)
      fs.renameSync(part, target)
      fs.rmSync(notesOf(part), { force: true })
      return { url, sha256, size }
    }
    discard(part)
    // The file may be wrong only because it was put together from two downloads: it is fetched once more, in one piece.
    if (!resumed) {
      throw new Problem(
        `${url} is not the file that was expected: its SHA-256 is ${sha256}, not ${options.sha256}.`,
        'The server, or something between here and it, changed the file. Try another network, or give a file that you trust with --from.',
        { code: 'BAD_HASH' },
      )
    }
    resumed = false
  }
}

/** Takes name and password out of an address, so that no message and no record shows them. @param {string} address */
function splitCredentials(address) {
  const url = new URL(address)
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  /** @type {Record<string, string>} */
  const headers = pair === ':' ? {} : { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
  url.username = ''
  url.password = ''
  return { url: url.href, headers }
}

/** @typedef {DownloadOptions & { headers: Record<string, string> }} RequestOptions */

/** Completes `part`, and tries again after failures that may pass. @param {string} address @param {string} part @param {RequestOptions} options */
async function fetchPart(address, part, options) {
  const { attempts = 5, backoffMs = 500 } = options
  for (let failures = 0; ; ) {
    const before = sizeOf(part)
    try {
      return await fetchOnce(address, part, options)
    } catch (error) {
      if (error instanceof Problem) throw error
      const code = codeOf(error)
      if (code === 'ENOSPC' || code === 'EDQUOT') {
        throw new Problem(`The disk is full: ${part} cannot be written.`, `Free some space. ${TRY_AGAIN}`)
      }
      // A server that breaks off again and again, but sends something each time, is worth staying with.
      failures = sizeOf(part) > before ? 1 : failures + 1
      if (failures >= attempts || (UNREACHABLE.test(code) && failures >= 2)) {
        const options = { cause: error, code: 'UNREACHABLE' }
        throw new Problem(`${address} cannot be fetched: ${reason(error)}.`, TRY_AGAIN, options)
      }
      terminal.line(`  ${new URL(address).host}: ${reason(error)}; trying again`)
      await sleep(backoffMs * 2 ** (failures - 1))
    }
  }
}

/** Makes one request, from the end of `part` on. @param {string} address @param {string} part @param {RequestOptions} options */
async function fetchOnce(address, part, { headers: credentials, sha256, stallMs = 30_000 }) {
  const notes = /** @type {{ address?: string, validator?: string }} */ (readJson(notesOf(part)) ?? {})
  // Without a validator the file may have changed since, which only a known hash would show.
  if (notes.address !== address || (notes.validator === undefined && !sha256)) discard(part)
  const start = sizeOf(part)
  const headers = {
    'user-agent': 'libtorch-dcgan',
    accept: '*/*',
    'accept-encoding': 'identity',
    ...credentials,
    ...(start > 0 && { range: `bytes=${start}-` }),
    ...(start > 0 && notes.validator !== undefined && { 'if-range': notes.validator }),
  }
  await follow(new URL(address), headers, stallMs, async ({ statusCode, headers, body }) => {
    const range = contentRange(headers)
    if (statusCode === 416 && start > 0) {
      if (range.total === start) return
      discard(part)
      throw new Error('the server has no such part of the file')
    }
    if (statusCode !== 200 && statusCode !== 206) throw refusal(address, statusCode)
    if (statusCode === 206 && range.start !== start) {
      discard(part)
      throw new Error('the server sent another part of the file than was asked for')
    }
    const from = statusCode === 206 ? start : 0
    const length = headers['content-length']
    const total = length === undefined ? undefined : from + Number(length)
    const etag = one(headers.etag)
    // A weak ETag does not vouch for bytes (RFC 9110, 13.1.5).
    const validator = etag !== undefined && !etag.startsWith('W/') ? etag : one(headers['last-modified'])
    writeAtomically(notesOf(part), { address, validator })
    let done = from
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
        terminal.progress('  Downloading', done, total, terminal.size)
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
 * Sends a GET that follows redirects, but never from https: to http:.
 *
 * @param {URL} url
 * @param {Record<string, string>} headers
 * @param {number} stallMs
 * @param {(response: Response) => Promise<void>} use called with the answer that is no redirect
 */
async function follow(url, headers, stallMs, use) {
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const dispatcher = dispatcherFor(url, stallMs)
    try {
      const response = await require('undici').request(url, { headers, dispatcher })
      const location = one(response.headers.location)
      if (![301, 302, 303, 307, 308].includes(response.statusCode) || location === undefined)
        return await use(response)
      const next = new URL(location, url)
      if (!/^https?:$/.test(next.protocol) || (url.protocol === 'https:' && next.protocol === 'http:')) {
        throw new Problem(`${url.href} redirects to ${next.href}, which is not secure.`, OTHER_SOURCE)
      }
      // Another server must not get this one's password.
      if (next.origin !== url.origin) delete headers.authorization
      url = next
    } catch (error) {
      throw inWords(error, url, stallMs)
    } finally {
      await dispatcher.destroy()
    }
  }
  throw new Problem(`${url.href} redirects in a circle.`, OTHER_SOURCE, { code: 'UNREACHABLE' })
}

/** Says in words what undici's errors mean. @param {unknown} error @param {URL} url @param {number} stallMs */
function inWords(error, url, stallMs) {
  const code = codeOf(error)
  const status = Number(/^Proxy .*\((\d+)\)/.exec(reason(error))?.[1])
  if (status === 407) return refusal(url.href, status)
  if (status > 0) return new Error(`the proxy ${proxyFor(url)?.host} answered ${status}`)
  if (/^UND_ERR_(HEADERS|CONNECT)_TIMEOUT$/.test(code))
    return new Error(`no answer within ${stallMs / 1000} s`)
  if (code === 'UND_ERR_BODY_TIMEOUT') return new Error(`nothing came for ${stallMs / 1000} s`)
  return code === 'ECONNRESET' || code.startsWith('UND_ERR') ? new Error('the connection broke') : error
}

/** The value of a header, or its first value. @param {string | string[] | undefined} value */
const one = value => (Array.isArray(value) ? value[0] : value)

/** @param {string} address @param {number} status */
function refusal(address, status) {
  const words = `the server answered ${status} ${STATUS_CODES[status] ?? ''}`.trim()
  if (PASSING.test(String(status))) return new Error(words)
  const fix =
    status === 407
      ? 'The proxy wants a name and password: HTTPS_PROXY=http://name:password@host:port'
      : OTHER_SOURCE
  return new Problem(`${address} cannot be fetched: ${words}.`, fix, { code: 'UNREACHABLE' })
}

/** The start and the total of a range, NaN if it tells none. @param {Response['headers']} headers */
function contentRange(headers) {
  const [, start, total] =
    /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(one(headers['content-range']) ?? '') ?? []
  return { start: Number(start), total: Number(total) }
}

/** The file that notes where a part comes from. @param {string} part */
const notesOf = part => `${part}.json`

/** @param {string} part */
function discard(part) {
  fs.rmSync(part, { force: true })
  fs.rmSync(notesOf(part), { force: true })
}

/** @param {string} file */
const sizeOf = file => fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0

module.exports = { download, splitCredentials }
