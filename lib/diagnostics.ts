import { type Channel, channel } from 'node:diagnostics_channel'

/** What is published on each channel, by the part of its name after `libtorch-dcgan:`. */
export interface Channels {
  step: Channel
  epoch: Channel
  sample: Channel
  evaluation: Channel
}

/** Names of Node's diagnostics channels; `lib/messages.ts` says what their messages hold. */
export const channels: Readonly<Channels> = {
  step: channel('libtorch-dcgan:step'),
  epoch: channel('libtorch-dcgan:epoch'),
  sample: channel('libtorch-dcgan:sample'),
  evaluation: channel('libtorch-dcgan:evaluation'),
}

/**
 * Publishes how long `work` took, and what it came to or failed with. `message` is what else is said of it. Costs nothing
 * where nobody listens when it begins.
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
