import { type Channel, channel } from 'node:diagnostics_channel'

/** The channels, by the part of their names after `libtorch-dcgan:`. */
interface Channels {
  step: Channel
  epoch: Channel
  sample: Channel
  evaluation: Channel
}

/** The library's diagnostics channels. `lib/internal/messages.ts` has the types of their messages. */
export const channels: Readonly<Channels> = {
  step: channel('libtorch-dcgan:step'),
  epoch: channel('libtorch-dcgan:epoch'),
  sample: channel('libtorch-dcgan:sample'),
  evaluation: channel('libtorch-dcgan:evaluation'),
}

/**
 * Does the work, and then publishes `message` with the seconds that it took, and with its result or its error. Without
 * subscribers when the work begins, it only does the work.
 */
export async function published<T>(
  to: Channel,
  message: object,
  work: () => Promise<T>,
  resultOf: (value: T) => object = () => ({}),
): Promise<T> {
  if (!to.hasSubscribers) return work()
  const begin = performance.now()
  const seconds = () => (performance.now() - begin) / 1000
  try {
    const value = await work()
    to.publish({ ...message, seconds: seconds(), ...resultOf(value) })
    return value
  } catch (error) {
    to.publish({ ...message, seconds: seconds(), error })
    throw error
  }
}
