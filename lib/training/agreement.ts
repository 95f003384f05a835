import { DcganError } from '../errors.js'
import { HYPER_PARAMS, type HyperParams, MACHINE_PARAMS } from '../hyperparams.js'
import { packageVersion } from '../internal/installed.js'
import type { Model } from '../native/model.js'

/** The task of a process, by name. All processes of a distributed run must have the same description. */
type Description = [name: string, value: string][]

/** A call's data set and its last step. */
interface Task {
  count: number
  hash: string
  maxSteps?: number | undefined
}

/**
 * Waits for the other processes of a distributed run, and makes sure that all are about to do the same.
 *
 * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT` or `ERR_DCGAN_BAD_DATASET` that names what differs, in all
 *   processes; `ERR_DCGAN_PEER`. When the signal aborts, its reason
 */
export async function agree(
  model: Model,
  hparams: Readonly<HyperParams>,
  task: Task,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (model.peers === 1) return
  const texts = await model.exchange(JSON.stringify(describe(model, hparams, task)), signal)
  const [first = [], ...others] = texts.map(text => JSON.parse(text) as Description)
  for (const [i, other] of others.entries()) compare(first, other, i + 1)
}

function describe(model: Model, hparams: Readonly<HyperParams>, task: Task): Description {
  const { step, epoch, batch } = model.position
  return [
    ['the version of libtorch-dcgan', packageVersion()],
    ...model.machine.surroundings,
    // The precision in use is among the surroundings.
    ...HYPER_PARAMS.filter(key => !MACHINE_PARAMS.includes(key)).map((key): [string, string] => [
      key,
      JSON.stringify(hparams[key]),
    ]),
    ['the step of the model', `${step} (epoch ${epoch}, batch ${batch})`],
    ['maxSteps', String(task.maxSteps ?? 'none')],
    [DATA_SET, `${task.count} images (${task.hash})`],
  ]
}

const DATA_SET = 'the data set'

function compare(first: Description, other: Description, rank: number): void {
  const theirs = new Map(other)
  // The version comes first: another version may describe other things, and the error should then name the version.
  for (const [name, value] of first) {
    if (theirs.get(name) === value) continue
    throw new DcganError(
      name === DATA_SET ? 'ERR_DCGAN_BAD_DATASET' : 'ERR_DCGAN_INVALID_ARGUMENT',
      `Expected ${name} to be the same in all processes of a distributed run, but it is ${value} in the one with ` +
        `RANK 0 and ${theirs.get(name)} in the one with RANK ${rank}`,
    )
  }
}
