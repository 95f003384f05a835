import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify'
import { DcganError, type DcganErrorCode } from 'libtorch-dcgan'

/** An error that the client can fix, or that ends after a while. */
export class HttpError extends Error {
  constructor(
    readonly statusCode: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

const STATUS: Partial<Record<DcganErrorCode, number>> = {
  ERR_DCGAN_INVALID_ARGUMENT: 400,
  ERR_DCGAN_BUSY: 409,
  ERR_DCGAN_OVERLOADED: 503,
  ERR_DCGAN_DISPOSED: 503,
}

/** The body of every error. */
export function errorBody(statusCode: number, code: string | undefined, message: string): object {
  return { statusCode, error: STATUS_CODES[statusCode], code, message }
}

/** Every failure as JSON: `{ statusCode, error, code, message }`. */
export function answerError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void {
  const statusCode = statusOf(error)
  if (statusCode === 503) reply.header('retry-after', '1')
  if (statusCode === 500) request.log.error(error)
  // Internal errors are for the log, not for the client.
  const { code, message } =
    statusCode === 500
      ? { code: 'ERR_INTERNAL', message: 'Something failed here. The server has logged it' }
      : { code: (error as { code?: string }).code, message: error.message }
  reply
    .code(statusCode)
    .removeHeader('etag')
    .header('cache-control', 'no-store')
    .send(errorBody(statusCode, code, message))
}

export function statusOf(error: Error): number {
  if (error instanceof DcganError) return STATUS[error.code] ?? 500
  return (error as { statusCode?: number }).statusCode ?? 500
}

export function notFound(request: FastifyRequest): never {
  throw new HttpError(404, 'ERR_NOT_FOUND', `There is nothing at ${request.method} ${request.url}`)
}

/** Names the parameter, and for one that is not known, which it is. */
export function describeInvalid(errors: FastifySchemaValidationError[], where: string): Error {
  const messages = errors.map(({ instancePath, params, message }) => {
    const name = instancePath.slice(1) || where
    return 'additionalProperty' in params ? `${params.additionalProperty} is not known` : `${name} ${message}`
  })
  return new Error(messages.join(', '))
}
