import { getProxyForUrl } from 'proxy-from-env'
import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import { failure } from './failure.js'

/** Returns the proxy for an address, which HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY choose. */
export function proxyFor(url: URL): URL | undefined {
  const chosen = getProxyForUrl(url.href)
  if (chosen === '') return undefined
  // proxy-from-env gives a proxy without a scheme that of the address. As with curl, it is an http: proxy.
  const given = Object.values(process.env).includes(chosen)
  const address = given ? chosen : chosen.replace(/^https:/, 'http:')
  const proxy = URL.canParse(address) ? new URL(address) : undefined
  if (/^https?:$/.test(proxy?.protocol ?? '')) return proxy
  throw failure(
    'ERR_DCGAN_IO',
    proxy === undefined
      ? `The proxy address ${address} is no URL.`
      : `Set-up cannot use the proxy ${proxy.protocol}//${proxy.host}: only http: and https: proxies.`,
    'Set HTTPS_PROXY to http://host:port, or unset it.',
  )
}

/** Makes the dispatcher for requests to an address. It ends a connection after `silenceMs` without an answer. */
export function dispatcherFor(url: URL, silenceMs: number): Dispatcher {
  const limits = { headersTimeout: silenceMs, bodyTimeout: silenceMs, connect: { timeout: silenceMs } }
  const proxy = proxyFor(url)
  // A proxy may refuse tunnels to other ports than 443, and needs none for http:.
  return proxy === undefined
    ? new Agent(limits)
    : new ProxyAgent({ ...limits, uri: proxy.href, proxyTunnel: url.protocol === 'https:' })
}
