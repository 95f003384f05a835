import { invalidArgument } from '../errors.js'
import type { HyperParams } from '../hyperparams.js'
import { packageVersion } from '../internal/installed.js'
import { drawSeed } from '../internal/random.js'
import { fromNative, training } from './engines.js'
import type { NativePeerPlace } from './types.js'

type Env = Readonly<Record<string, string | undefined>>

const MAX_PEERS = 65_536
const DEFAULT_TIMEOUT = 10

/** A process of a distributed run, as torchrun's variables describe it. */
export interface Place extends NativePeerPlace {
  /** Its number among the processes of its machine, from 0. It chooses the GPU. */
  localRank: number | undefined
}

/**
 * Returns the place that `distributed: 'env'` gives this process; undefined for `false`.
 *
 * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT` that names a variable
 */
export function placeOf(distributed: HyperParams['distributed'], env: Env = process.env): Place | undefined {
  if (distributed === false) return undefined
  const count = integer(env, 'WORLD_SIZE', 1, MAX_PEERS)
  const rank = integer(env, 'RANK', 0, count - 1, ' (below WORLD_SIZE)')
  const address = env.MASTER_ADDR
  if (!address) throw wrong('MASTER_ADDR', 'a host name or an address of the process with RANK 0', address)
  const agent = env.TORCHELASTIC_USE_AGENT_STORE === 'True'
  return {
    rank,
    count,
    address,
    port: integer(env, 'MASTER_PORT', 1, 65_535),
    // Under torchrun, its agent can serve the store. The store then outlives a restart of the processes, so each attempt
    // has keys of its own.
    servesStore: rank === 0 && !agent,
    prefix: `libtorch-dcgan/${env.TORCHELASTIC_RESTART_COUNT ?? 0}/`,
    greeting: `WORLD_SIZE ${count}, libtorch-dcgan ${packageVersion()}`,
    timeout: optional(env, 'LIBTORCH_DCGAN_PEER_TIMEOUT', 1, 86_400, 'seconds') ?? DEFAULT_TIMEOUT,
    localRank: optional(env, 'LOCAL_RANK', 0, MAX_PEERS),
  }
}

/** Returns the given seed, or draws one that is the same in all processes of a distributed run. */
export function settleSeed(given: number | undefined, distributed: HyperParams['distributed']): number {
  const seed = given ?? drawSeed()
  const place = placeOf(distributed)
  if (place === undefined || place.count === 1) return seed
  try {
    return training().agreedSeed(place, seed, given !== undefined)
  } catch (error) {
    throw fromNative(error)
  }
}

function integer(env: Env, name: string, min: number, max: number, remark = ''): number {
  const text = env[name]
  const value = Number(text)
  if (text !== undefined && /^\d+$/.test(text) && value >= min && value <= max) return value
  throw wrong(name, `an integer from ${min} to ${max}${remark}`, text)
}

function optional(env: Env, name: string, min: number, max: number, what = ''): number | undefined {
  if (env[name] === undefined) return undefined
  return integer(env, name, min, max, what && ` (${what})`)
}

function wrong(name: string, expected: string, received: string | undefined) {
  const why = "distributed: 'env' reads it. Correct it, or start the processes with torchrun"
  return invalidArgument(`the environment variable ${name}`, expected, received, why)
}
