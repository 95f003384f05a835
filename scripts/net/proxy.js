'use strict'

const { Problem } = require('../problem.js')

/** @typedef {import('../tools.js').Env} Env */

/**
 * The proxy for an address, as curl takes it from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY. undici's
 * EnvHttpProxyAgent is experimental in this version, knows no ALL_PROXY, and takes a name in NO_PROXY without its subdomains.
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
    if (item === '*') return true
    // A bare IPv6 address has colons of its own.
    const [, name = item, wanted = port] = item.includes('::') ? [] : (/^(.*?)(?::(\d+))?$/.exec(item) ?? [])
    const suffix = name
      .replace(/^\*?\./, '')
      .replace(/^\[|\]$/g, '')
      .toLowerCase()
    return suffix !== '' && wanted === port && (host === suffix || host.endsWith(`.${suffix}`))
  })
}

/**
 * What sends requests to an address, through its proxy where it has one.
 *
 * @param {URL} url
 * @param {Env} env
 * @param {number} silenceMs after which a connection is given up
 * @returns {import('undici').Dispatcher} to be destroyed
 */
function dispatcherFor(url, env, silenceMs) {
  const { Agent, ProxyAgent } = require('undici')
  const limits = { headersTimeout: silenceMs, bodyTimeout: silenceMs, connect: { timeout: silenceMs } }
  const proxy = proxyFor(url, env)
  if (proxy === undefined) return new Agent(limits)
  // A proxy may refuse tunnels to other ports than 443, and needs none for http:.
  return new ProxyAgent({ ...limits, uri: proxy.href, proxyTunnel: url.protocol === 'https:' })
}

module.exports = { dispatcherFor, proxyFor }
