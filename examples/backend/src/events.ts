import { PassThrough } from 'node:stream'
import type { FastifyReply } from 'fastify'

/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) as an answer's body. */
export class EventStream {
  readonly #body = new PassThrough()

  /** Sends the headers; from here on every failure is an event. */
  constructor(reply: FastifyReply) {
    reply
      .type('text/event-stream')
      .header('cache-control', 'no-store')
      // nginx would hold the events back until it has a buffer full.
      .header('x-accel-buffering', 'no')
      .send(this.#body)
  }

  send(event: string, data: unknown): void {
    if (this.#body.writable) this.#body.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  /** For events that the next ones make superfluous: left out while the client is slow to read. */
  sendIfReading(event: string, data: unknown): void {
    if (!this.#body.writableNeedDrain) this.send(event, data)
  }

  end(): void {
    this.#body.end()
  }
}
