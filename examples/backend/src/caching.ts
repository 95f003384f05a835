import type { FastifyReply } from 'fastify'

const HOUR = 3600
const YEAR = 365 * 24 * HOUR

/**
 * Answers a request for a picture without making it, if possible: with 304 if the client already has it, with a
 * redirect if it requests the version of a model that was replaced. Returns whether it did. If not, it sets the headers
 * of the answer.
 *
 * A picture does not change while the model stays, as `immutable` promises for the time of `max-age`. A URL that names
 * the version of the model (`v`) can be kept for ever. A URL without it may outlive its model, so the picture is kept
 * for an hour. Then the client sends the version as ETag, and gets 304 if the model is the same.
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
