import { checkHyperParams, DEFAULTS, type HyperParams } from '../hyperparams.js'
import { areClassNames, CLASS_NAMES_RULE } from '../internal/class-names.js'
import type { NativePosition } from '../native/types.js'
import { type Fail, quoted } from './errors.js'
import { parseObject } from './json.js'
import type { StateKind, StateSizes } from './table.js'

const FORMAT = 'libtorch-dcgan'
const VERSION = '1'
const MAX_HPARAMS = 1 << 16

/** Hyper-parameters, at least those that decide the shapes. */
export type Hparams = Partial<HyperParams> & Pick<HyperParams, 'latentDim' | 'outputDim'>

/** The information in a state file besides its tensors. */
export interface StateInfo extends NativePosition {
  /** The position at which the average of the weights and the schedule began, if that was not at step 0. */
  origin?: NativePosition | undefined
  kind: StateKind
  /** As in the file, each of them checked. */
  hparams: Hparams
  /** The last data set; 0 and '' if none is known. */
  datasetCount: number
  datasetHash: string
  /** The names of its classes, if it has names. */
  classNames?: readonly string[] | undefined
  /** True while an epoch on it is under way. */
  running: boolean
  /** The version of this library that wrote the file. */
  library: string
}

/** Makes the metadata of a state file, as strings. */
export function encodeMetadata(info: StateInfo): Map<string, string> {
  const { running, datasetCount, datasetHash } = info
  return new Map([
    ['format', FORMAT],
    ['version', VERSION],
    ['kind', info.kind],
    ['library', info.library],
    // A run may continue in another number of processes, or in one: the file is the same.
    ['hparams', JSON.stringify({ ...info.hparams, distributed: undefined })],
    ['step', String(info.step)],
    ['epoch', String(info.epoch)],
    ['batch', String(info.batch)],
    ['dataset_count', String(running ? datasetCount : 0)],
    ['dataset_hash', running ? datasetHash : ''],
    ['trained_count', String(datasetCount)],
    ['trained_hash', datasetHash],
    ...originOf(info),
    ...(info.classNames === undefined ? [] : [['class_names', JSON.stringify(info.classNames)] as const]),
  ])
}

function originOf({ origin }: StateInfo): [string, string][] {
  if (origin === undefined) return []
  return [
    ['origin_step', String(origin.step)],
    ['origin_epoch', String(origin.epoch)],
  ]
}

/** Reads and checks the metadata. Ignores unknown keys. */
export function decodeMetadata(metadata: ReadonlyMap<string, string>, fail: Fail): StateInfo {
  const get = (key: string): string => metadata.get(key) ?? fail(`its metadata has no ${quoted(key)}`)
  if (get('format') !== FORMAT) {
    fail(`its metadata says format ${quoted(get('format'))} instead of ${quoted(FORMAT)}`)
  }
  checkVersion(get('version'), metadata.get('library'), fail)
  const kind = get('kind')
  if (kind !== 'full' && kind !== 'generator') {
    fail(`its metadata says kind ${quoted(kind)} instead of "full" or "generator"`)
  }
  const count = (key: string, value = get(key)): number => {
    if (!/^(0|[1-9]\d{0,15})$/.test(value) || !Number.isSafeInteger(Number(value))) {
      fail(`its metadata says ${key} ${quoted(value)} instead of an integer from 0 to 2^53 - 1`)
    }
    return Number(value)
  }
  const epoch = { count: count('dataset_count'), hash: get('dataset_hash') }
  // Release 0.1 kept the data set only while an epoch was under way.
  const trained = {
    count: count('trained_count', metadata.get('trained_count') ?? String(epoch.count)),
    hash: metadata.get('trained_hash') ?? epoch.hash,
  }
  checkHash('dataset_hash', epoch, fail)
  checkHash('trained_hash', trained, fail)
  const running = epoch.count > 0
  const info = {
    kind,
    hparams: decodeHparams(get('hparams'), fail),
    step: count('step'),
    epoch: count('epoch'),
    batch: count('batch'),
    ...(metadata.has('origin_step') && {
      origin: { step: count('origin_step'), epoch: count('origin_epoch'), batch: 0 },
    }),
    datasetCount: running ? epoch.count : trained.count,
    datasetHash: running ? epoch.hash : trained.hash,
    classNames: decodeNames(metadata.get('class_names'), fail),
    running,
    library: get('library'),
  } as const
  checkPosition(info, fail)
  if (running && (epoch.count !== trained.count || epoch.hash !== trained.hash)) {
    fail('its metadata says another data set for the epoch under way than for the last step')
  }
  return info
}

/** Returns the sizes that decide the shapes of a state's tensors. */
export function sizesOf({ kind, hparams, datasetCount, running }: StateInfo): StateSizes {
  const { latentDim, outputDim, classes = DEFAULTS.classes, emaDecay = DEFAULTS.emaDecay } = hparams
  return {
    kind,
    latentDim,
    classes,
    outputDim,
    epochCount: running ? datasetCount : 0,
    averaged: emaDecay > 0,
  }
}

function checkVersion(version: string, library: string | undefined, fail: Fail): void {
  if (version === VERSION) return
  fail(`its metadata says version ${quoted(version)}, and this release reads version ${VERSION}`, {
    advice: `Update libtorch-dcgan${library === undefined ? '' : `: release ${quoted(library)} wrote the file`}`,
  })
}

function decodeHparams(json: string, fail: Fail): Hparams {
  if (json.length > MAX_HPARAMS) fail(`its hparams take ${json.length} characters, more than ${MAX_HPARAMS}`)
  const { step, ...hparams } = parseObject(json, 'its list of hparams', 2, fail)
  // Release 0.1 called it by this name.
  if (step !== undefined) hparams.kernels ??= step
  for (const key of ['latentDim', 'outputDim']) {
    if (!Object.hasOwn(hparams, key)) fail(`its hparams have no ${key}`)
  }
  try {
    return checkHyperParams('the hparams', hparams) as Hparams
  } catch (cause) {
    return fail(`its hparams do not fit a model: ${(cause as Error).message}`, { cause })
  }
}

const MAX_NAMES = 1 << 20

function decodeNames(json: string | undefined, fail: Fail): readonly string[] | undefined {
  if (json === undefined) return undefined
  const expected = `its class_names are not ${CLASS_NAMES_RULE} in JSON`
  if (json.length > MAX_NAMES) fail(expected)
  let names: unknown
  try {
    names = JSON.parse(json)
  } catch (cause) {
    fail(expected, { cause })
  }
  return areClassNames(names) ? Object.freeze(names) : fail(expected)
}

function checkPosition(info: StateInfo, fail: Fail): void {
  const { kind, hparams, step, epoch, batch, running } = info
  const images = running ? info.datasetCount : 0
  const position = `its metadata says step ${step}, epoch ${epoch}, batch ${batch}`
  if (info.origin !== undefined && (info.origin.step > step || info.origin.epoch > epoch)) {
    fail(
      `${position}, and that its schedule began later, at step ${info.origin.step}, epoch ${info.origin.epoch}`,
    )
  }
  if (epoch + batch > step) fail(`${position}, though each epoch and batch takes a step`)
  if (kind === 'generator' && (batch > 0 || running)) {
    fail(`${position} of ${images} images, but a file of kind "generator" holds no epoch under way`)
  }
  // In an epoch under way, at least one mini-batch is left, and each has at least two images.
  const left = images - batch * (hparams.batchSize ?? DEFAULTS.batchSize)
  if (batch > 0 || running) {
    if (left < 2) fail(`${position} of ${images} images, which do not make so many mini-batches`)
  }
}

function checkHash(key: string, { count, hash }: { count: number; hash: string }, fail: Fail): void {
  if ((count === 0 ? /^$/ : /^[0-9a-f]{16}$/).test(hash)) return
  fail(`its metadata says ${key} ${quoted(hash)} for ${count} images`)
}
