import { setMaxListeners } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply } from 'fastify'
import type { Config } from './config.js'
import { errorBody } from './errors.js'

/** A connection is ended when its client has not read so many bytes of an answer in so long. */
const READING_BYTES = 65_536
const READING_MS = 30_000
/** The same while the server is closing. */
const READING_MS_CLOSING = 1000
const LOOK_EVERY_MS = 500

interface Connection {
  readonly socket: Socket
  /** Requests without a complete answer. */
  readonly answers: Set<ServerResponse>
  /** Bytes that the client had read at a time. */
  read: number
  readSince: number
}

/** The status for what Node.js's parser refuses, by its error's code; 400 for others. */
const REFUSED: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
}

/** Aborts when the connection ends. One for all its requests: an AbortController costs 5 % of a request. */
const clients = new WeakMap<Socket, AbortController>()
const nobody = new AbortController()
setMaxListeners(0, nobody.signal)

/** Aborts when the client goes away: work that nobody waits for is not done. */
export function whenClientLeaves(reply: FastifyReply): AbortSignal {
  return (clients.get(reply.request.raw.socket) ?? nobody).signal
}

/** Returns true if the client has announced a body that has not arrived yet. */
export function bodyIsMissing({ complete, headers }: IncomingMessage): boolean {
  return !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0)
}

/**
 * The connections of a server. They are bounded in number and in time, and none of them keeps the server from
 * closing unless the server owes it an answer.
 */
export class Connections {
  readonly #config: Config
  /** The first one has been waiting for a request for the longest time. */
  readonly #open = new Map<Socket, Connection>()
  #closing = false

  constructor(config: Config) {
    this.#config = config
  }

  /** Creates the HTTP server. Node.js answers 408 and ends the connection when a time is up. */
  serve(handler: RequestListener): Server {
    const requestTimeout = 1000 * this.#config.requestSeconds
    const server = createServer(
      {
        keepAliveTimeout: 1000 * this.#config.keepAliveSeconds,
        headersTimeout: requestTimeout / 2,
        requestTimeout,
        connectionsCheckingInterval: requestTimeout / 10,
      },
      handler,
    )
    server.on('connection', socket => this.#add(socket))
    // Before the handler, which may answer at once.
    server.prependListener('request', (_, answer) => this.#begin(answer))
    server.once('listening', () => {
      const timer = setInterval(() => this.#endUnread(), LOOK_EVERY_MS).unref()
      server.once('close', () => clearInterval(timer))
    })
    return server
  }

  /** Ends all connections without a complete request at once, and each other one after its answer. */
  close(): void {
    this.#closing = true
    for (const connection of this.#open.values()) {
      if (!isOwedAnAnswer(connection)) connection.socket.destroy()
    }
  }

  /** Answers what is no request, and ends the connection. */
  refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    const { code = 'ERR_REQUEST', message } = error
    // Before the answers to earlier requests, the client would take this for one of them.
    if (socket.writable && (this.#open.get(socket)?.answers.size ?? 0) === 0) {
      const status = REFUSED[code] ?? 400
      const body = JSON.stringify(errorBody(status, code, `The request cannot be read: ${message}`))
      socket.write(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json; charset=utf-8\r\n` +
          `cache-control: no-store\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      )
    }
    socket.destroy(error)
  }

  #add(socket: Socket): void {
    const full = this.#open.size >= this.#config.maxConnections
    if (this.#closing || (full && !this.#endOne())) {
      socket.destroy()
      return
    }
    this.#open.set(socket, { socket, answers: new Set(), read: 0, readSince: 0 })
    const client = new AbortController()
    // Pipelined requests listen all at once.
    setMaxListeners(0, client.signal)
    clients.set(socket, client)
    socket.once('close', () => {
      this.#open.delete(socket)
      client.abort(new Error('The client has gone away'))
    })
  }

  /** Ends the connection that has waited for the longest time. Returns false if none is waiting. */
  #endOne(): boolean {
    for (const connection of this.#open.values()) {
      if (isOwedAnAnswer(connection)) continue
      this.#open.delete(connection.socket)
      connection.socket.destroy()
      return true
    }
    return false
  }

  #begin(answer: ServerResponse): void {
    const connection = this.#open.get(answer.req.socket)
    if (connection === undefined) return
    connection.answers.add(answer)
    answer.once('close', () => this.#end(connection, answer))
  }

  #end(connection: Connection, answer: ServerResponse): void {
    const { socket, answers } = connection
    answers.delete(answer)
    if (answers.size > 0 || !this.#open.delete(socket)) return
    // The last of those that wait.
    this.#open.set(socket, connection)
    if (this.#closing) socket.destroySoon()
  }

  #endUnread(): void {
    const now = performance.now()
    for (const connection of this.#open.values()) {
      const { socket } = connection
      const read = socket.bytesWritten - socket.writableLength
      const enough = this.#closing ? 1 : READING_BYTES
      if (socket.writableLength === 0 || read - connection.read >= enough) {
        connection.read = read
        connection.readSince = now
      } else if (now - connection.readSince > (this.#closing ? READING_MS_CLOSING : READING_MS)) {
        socket.destroy()
      }
    }
  }
}

function isOwedAnAnswer({ answers }: Connection): boolean {
  for (const { req } of answers) if (req.complete) return true
  return false
}
