'use strict'

const http = require('node:http')
const https = require('node:https')
const tls = require('node:tls')
const { Problem } = require('../problem.js')

/** @typedef {import('../tools.js').Env} Env */

/**
 * The proxy for an address, as curl takes it from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.
 *
 * @param {URL} url
 * @param {Env} env
 * @returns {URL | undefined}
 */
function proxyFor(url, env = process.env) {
  // Lower case wins, as with curl; HTTP_PROXY in capitals is what CGI makes of a "Proxy:" header.
  const get = (/** @type {string} */ name) => env[name.toLowerCase()] || env[name]
  const address = (url.protocol === 'https:' ? get('HTTPS_PROXY') : get('HTTP_PROXY')) || get('ALL_PROXY')
  if (!address || isExcluded(url, get('NO_PROXY') ?? '')) return undefined
  let proxy
  try {
    proxy = new URL(address.includes('://') ? address : `http://${address}`)
  } catch {
    throw new Problem(
      `The proxy address ${address} is no URL.`,
      'Set HTTPS_PROXY to http://host:port, or unset it.',
    )
  }
  if (proxy.protocol === 'http:' || proxy.protocol === 'https:') return proxy
  throw new Problem(
    `Set-up cannot use the proxy ${proxy.protocol}//${proxy.host}: only http: and https: proxies.`,
    'Set HTTPS_PROXY to an HTTP proxy, or unset it.',
  )
}

/** @param {URL} url @param {string} list the value of NO_PROXY */
function isExcluded(url, list) {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return list.split(/[\s,]+/).some(item => {
    if (item === '') return false
    if (item === '*') return true
    const match = /^(.*?)(?::(\d+))?$/.exec(item)
    const wholeIsHost = item.includes('::') // a bare IPv6 address has colons of its own
    if (!wholeIsHost && match?.[2] !== undefined && match[2] !== port) return false
    const name = (wholeIsHost ? item : (match?.[1] ?? ''))
      .replace(/^\*?\./, '')
      .replace(/^\[|\]$/g, '')
      .toLowerCase()
    return host === name || host.endsWith(`.${name}`)
  })
}

/**
 * Sends a GET, through a proxy where there is one, and gives the response's head.
 *
 * @param {URL} url
 * @param {Record<string, string>} headers
 * @param {{ env: Env, timeoutMs: number }} options the time limit is for the silence before the head
 * @returns {Promise<http.IncomingMessage>}
 */
async function get(url, headers, { env, timeoutMs }) {
  const proxy = proxyFor(url, env)
  if (proxy === undefined) return send(url.protocol, { ...target(url), headers }, timeoutMs)
  const authorization = credentials(proxy)
  if (url.protocol === 'http:') {
    const options = {
      ...target(proxy),
      path: url.href,
      headers: { host: url.host, ...headers, ...authorization },
    }
    return send(proxy.protocol, options, timeoutMs)
  }
  const tunnel = await connect(proxy, url, authorization, timeoutMs)
  const socket = tls.connect({ socket: tunnel, servername: url.hostname })
  // Without an agent: one would ignore `createConnection`.
  return send(
    'https:',
    { ...target(url), headers, createConnection: () => socket, agent: undefined },
    timeoutMs,
  )
}

/** @param {URL} url */
function target(url) {
  return {
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    path: `${url.pathname}${url.search}`,
  }
}

/** @param {URL} proxy @returns {Record<string, string>} */
function credentials(proxy) {
  if (proxy.username === '') return {}
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}

/**
 * @param {string} protocol
 * @param {https.RequestOptions} options
 * @param {number} timeoutMs
 * @returns {Promise<http.IncomingMessage>}
 */
function send(protocol, options, timeoutMs) {
  return new Promise((resolve, reject) => {
    const request = (protocol === 'https:' ? https : http).request({ agent: false, ...options })
    request.setTimeout(timeoutMs, () => request.destroy(silence(timeoutMs)))
    request.once('response', response => {
      // From here on the reader watches for stalls.
      request.setTimeout(0)
      resolve(response)
    })
    request.once('error', reject).end()
  })
}

/**
 * A tunnel through a proxy.
 *
 * @param {URL} proxy
 * @param {URL} url
 * @param {Record<string, string>} authorization
 * @param {number} timeoutMs
 * @returns {Promise<import('node:net').Socket>}
 */
function connect(proxy, url, authorization, timeoutMs) {
  return new Promise((resolve, reject) => {
    const authority = `${url.hostname}:${url.port || 443}`
    const request = (proxy.protocol === 'https:' ? https : http).request({
      ...target(proxy),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...authorization },
      agent: false,
    })
    request.setTimeout(timeoutMs, () => request.destroy(silence(timeoutMs)))
    request.once('error', reject).once('connect', (response, socket) => {
      if (response.statusCode === 200) return resolve(/** @type {import('node:net').Socket} */ (socket))
      socket.destroy()
      reject(new Error(`the proxy ${proxy.host} answered ${response.statusCode} ${response.statusMessage}`))
    })
    request.end()
  })
}

/** @param {number} ms */
function silence(ms) {
  return Object.assign(new Error(`no answer within ${ms / 1000} s`), { code: 'ETIMEDOUT' })
}

module.exports = { get, proxyFor }
