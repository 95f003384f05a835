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
    code: expected,
    message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
  })

/** Expects that a call is refused with this code, and a message like this or with this text in it. */
export async function refused(call: Promise<unknown>, expected: string, message: RegExp | string = '') {
  const error = await failure(call)
  if (error?.code !== expected) throw error
  expect(error.message).toMatch(message)
}

/** Expects that a call refuses an argument, with a message like this. */
export const invalid = (call: Promise<unknown>, message?: RegExp | string) =>
  refused(call, 'ERR_DCGAN_INVALID_ARGUMENT', message)
