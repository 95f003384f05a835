'use strict'

const { Problem } = require('../problem.js')

/**
 * The proxy for an address, as curl takes it from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY. undici's
 * EnvHttpProxyAgent warns that it is experimental, knows no ALL_PROXY, and takes a name in NO_PROXY without its
 * subdomains.
 *
 * @param {URL} url
 * @returns {URL | undefined}
 */
function proxyFor(url) {
  // Lower case wins, as with curl.
  const get = (/** @type {string} */ name) => process.env[name.toLowerCase()] || process.env[name] || ''
  const given = get(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY') || get('ALL_PROXY')
  if (given === '' || isExcluded(url, get('NO_PROXY'))) return undefined
  const address = given.includes('://') ? given : `http://${given}`
  const proxy = URL.canParse(address) ? new URL(address) : undefined
  if (/^https?:$/.test(proxy?.protocol ?? '')) return proxy
  throw new Problem(
    proxy === undefined
      ? `The proxy address ${given} is no URL.`
      : `Set-up cannot use the proxy ${proxy.protocol}//${proxy.host}: only http: and https: proxies.`,
    'Set HTTPS_PROXY to http://host:port, or unset it.',
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
    const suffix = name.replace(/^\*?\.|^\[|\]$/g, '').toLowerCase()
    return suffix !== '' && wanted === port && (host === suffix || host.endsWith(`.${suffix}`))
  })
}

/**
 * Returns the dispatcher for requests to an address, through its proxy if it has one.
 *
 * @param {URL} url
 * @param {number} silenceMs after which a connection is given up
 * @returns {import('undici').Dispatcher} to be destroyed
 */
function dispatcherFor(url, silenceMs) {
  const { Agent, ProxyAgent } = require('undici')
  const limits = { headersTimeout: silenceMs, bodyTimeout: silenceMs, connect: { timeout: silenceMs } }
  const proxy = proxyFor(url)
  // A proxy may refuse tunnels to other ports than 443, and needs none for http:.
  return proxy === undefined
    ? new Agent(limits)
    : new ProxyAgent({ ...limits, uri: proxy.href, proxyTunnel: url.protocol === 'https:' })
}

module.exports = { dispatcherFor, proxyFor }
