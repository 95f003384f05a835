import type { DcganError } from '../../lib/errors'

/** The error that a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<DcganError> {
  return promise.then(
    value => {
      throw new Error(`resolved with ${JSON.stringify(value)}`)
    },
    error => error,
  )
}

/** Matches an error with this code, and a message like this or with this text in it. */
export const code = (expected: string, message: RegExp | string = '') =>
  expect.objectContaining({
    name: 'DcganError',
    code: expected,
    message: expect.stringMatching(pattern(message)),
  })

/** Expects that a call is refused with this code, and a message like this or with this text in it. */
export async function refused(
  call: Promise<unknown>,
  expected: string,
  message?: RegExp | string,
): Promise<void> {
  const error = await failure(call)
  // Of an object that matches, Jest would show everything but the message.
  if (error?.code !== expected) throw error
  expect([error.name, error.message]).toEqual(['DcganError', expect.stringMatching(pattern(message ?? ''))])
}

/** Expects that a call refuses an argument, with a message like this. */
export const invalid = (call: Promise<unknown>, message?: RegExp | string) =>
  refused(call, 'ERR_DCGAN_INVALID_ARGUMENT', message)

const pattern = (message: RegExp | string) =>
  typeof message === 'string' ? new RegExp(message.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')) : message
