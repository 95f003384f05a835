import type { FastifyReply } from 'fastify'

const HOUR = 3600
const YEAR = 365 * 24 * HOUR

/**
 * Answers a request for a picture without making it, where that can be: with 304 when the client has it already,
 * with a redirect when it asks for the version of a model that has been replaced. Tells whether it did; if not, the
 * headers of the answer are set.
 *
 * A picture never changes as long as the model does not, which is what `immutable` promises while `max-age` lasts.
 * A URL that names the model's version (`v`) can be kept for ever. One without outlives a replaced model, so it is
 * kept for an hour and then asked for again; the ETag, which is the version, makes that a 304 where nothing changed.
 */
export function answeredFromCache(reply: FastifyReply, version: string): boolean {
  const { request } = reply
  const { v } = request.query as { v?: string }
  if (v !== undefined && v !== version) {
    const url = new URL(request.url, 'http://localhost')
    url.searchParams.set('v', version)
    reply.header('cache-control', 'no-store').redirect(url.pathname + url.search, 307)
    return true
  }
  const etag = `"${version}"`
  reply.header('etag', etag)
  reply.header('cache-control', `public, max-age=${v === undefined ? HOUR : YEAR}, immutable`)
  if (!matches(request.headers['if-none-match'], etag)) return false
  reply.code(304).send()
  return true
}

/** `If-None-Match` compares weakly (RFC 9110, 13.1.2): a cache on the way may have marked the tag as weak. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some(each => each.trim() === '*' || each.trim().replace(/^W\//, '') === etag)
}
