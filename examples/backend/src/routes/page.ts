import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { FastifyPluginAsync } from 'fastify'

const FOLDER = new URL('../../../public/', import.meta.url)

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The page: the few files of `public/`, read once, as they are. */
export const pageRoutes: FastifyPluginAsync = async app => {
  for (const name of await readdir(FOLDER)) {
    const body = await readFile(new URL(name, FOLDER))
    const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`
    const url = name === 'index.html' ? '/' : `/${name}`
    app.get(url, async (request, reply) => {
      reply
        .header('etag', etag)
        .header('cache-control', 'no-cache')
        .header('content-security-policy', "default-src 'self'; frame-ancestors 'none'")
        .header('x-content-type-options', 'nosniff')
      if (request.headers['if-none-match'] === etag) return reply.code(304).send()
      return reply.type(TYPES[extname(name)] ?? 'application/octet-stream').send(body)
    })
  }
}
