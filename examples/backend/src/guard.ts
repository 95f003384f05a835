import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Config } from './config.js'
import { HttpError } from './errors.js'

/**
 * Refuses requests from pages of other sites. With DNS rebinding, such a page has a name that leads to this server, so
 * only allowed names pass. `Origin` names the page that sends a request for a change.
 */
export function guard({ allowedHosts, allowedOrigins }: Config): onRequestHookHandler {
  const hosts = new Set(allowedHosts)
  const origins = new Set(allowedOrigins)
  return (request, _, done) => {
    const { origin } = request.headers
    const [host = '', other] = hostsOf(request)
    if (other !== undefined) {
      done(new HttpError(400, 'ERR_HOST', 'The request names two hosts. Send one Host header'))
    } else if (!hosts.has(host.replace(/:\d+$/, '').toLowerCase())) {
      const message = `The host ${JSON.stringify(host)} is not allowed. Set ALLOWED_HOSTS to allow it`
      done(new HttpError(421, 'ERR_HOST_NOT_ALLOWED', message))
    } else if (changes(request) && origin !== undefined && !isOwn(origin, host) && !origins.has(origin)) {
      const message = `The origin ${JSON.stringify(origin)} is not allowed. Set ALLOWED_ORIGINS to allow it`
      done(new HttpError(403, 'ERR_ORIGIN_NOT_ALLOWED', message))
    } else {
      done()
    }
  }
}

/** Refuses requests without `Authorization: Bearer <token>`. */
export function requireToken(token: string): onRequestHookHandler {
  const expected = digest(token)
  return (request, reply, done) => {
    const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
    // Digests have the same length, and the comparison takes the same time wherever they differ.
    if (timingSafeEqual(digest(given), expected)) return done()
    reply.header('www-authenticate', 'Bearer')
    done(
      new HttpError(
        401,
        'ERR_TOKEN',
        'The token is missing or wrong. TRAINING_TOKEN of the server is the right one',
      ),
    )
  }
}

/**
 * Returns every host that a request names: in its Host headers, and in a target such as `http://localhost/`, which a
 * client sends to a proxy (RFC 9112, 3.2.2). Equal ones in both places count once.
 */
function hostsOf({ url, raw: { rawHeaders } }: FastifyRequest): string[] {
  const headers = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'host')
  const target = /^[a-z][a-z\d+.-]*:\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(url)?.[1]
  return target === undefined || (headers.length === 1 && headers[0] === target)
    ? headers
    : [...headers, target]
}

function changes({ method }: FastifyRequest): boolean {
  return method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS'
}

/** TLS may end at a proxy, so both schemes are the server's own. */
function isOwn(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
