import type { FastifyReply } from 'fastify'

/** Aborts when the client goes away before it has its answer: work that nobody waits for is not done. */
export function whenClientLeaves(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  // Not the request's own 'close': that comes as soon as its body has been read.
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new Error('The client has gone away'))
  })
  return controller.signal
}
