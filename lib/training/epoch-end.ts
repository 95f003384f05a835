import { dirname, join, parse } from 'node:path'
import { writeState } from '../checkpoint/index.js'
import type { TrainingData } from '../datasets/index.js'
import { invalidArgument } from '../errors.js'
import { type Evaluation, evaluatePlan } from '../evaluation/index.js'
import type { HyperParams } from '../hyperparams.js'
import type { Model } from '../native/model.js'
import type { OutputDir, TrainPlan } from './options.js'
import type { Records } from './records.js'
import type { EpochResult } from './run.js'

/** The best model of a training run. */
export interface BestModel {
  /** Epochs that it had made. */
  epoch: number
  /** Steps that it had made. */
  step: number
  /** Its distance, which is the smallest of the run. */
  frechetDistance: number
  /** The file that holds it. */
  path: string
}

const FILE = 'best.safetensors'

/** Does what a run does between two epochs: it evaluates, keeps the best model, and calls `onEpoch`. */
export class EpochEnd {
  readonly #model: Model
  readonly #hparams: Readonly<HyperParams>
  readonly #plan: TrainPlan
  readonly #data: TrainingData
  readonly #records: Records
  readonly #file: OutputDir | undefined
  #best: BestModel | undefined
  #last: Evaluation | undefined

  /** @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT` if the best model has no place */
  constructor(
    model: Model,
    hparams: Readonly<HyperParams>,
    plan: TrainPlan,
    data: TrainingData,
    records: Records,
  ) {
    this.#model = model
    this.#hparams = hparams
    this.#plan = plan
    this.#data = data
    this.#records = records
    this.#file = plan.keepsBest ? bestFile(plan) : undefined
  }

  get best(): BestModel | undefined {
    return this.#best
  }

  /** The last figures. */
  get evaluation(): Evaluation | undefined {
    return this.#last
  }

  /** Call it after an epoch, or after the part of one that `maxSteps` allowed. */
  async after(result: EpochResult): Promise<void> {
    const { epoch, batch } = this.#model.position
    if (batch > 0) return
    const { evaluation, onEpoch } = this.#plan
    const due = evaluation !== undefined && epoch % evaluation.epochs === 0
    const figures = due ? await this.#evaluate() : undefined
    await onEpoch?.({ ...result, ...(figures && { evaluation: figures }) })
  }

  async #evaluate(): Promise<Evaluation> {
    const { evaluation, signal } = this.#plan
    const plan = { ...(evaluation as NonNullable<typeof evaluation>).plan, signal }
    const figures = await evaluatePlan(this.#model, this.#hparams, this.#data, plan)
    this.#last = figures
    const { frechetDistance } = figures
    const { epoch, step } = this.#model.position
    await this.#records.writeFigures(step, figures)
    if (this.#file === undefined || frechetDistance >= (this.#best?.frechetDistance ?? Infinity))
      return figures
    const state = await this.#model.exportState('all')
    await writeState(this.#file.path, state, this.#hparams, {
      durable: true,
      classNames: this.#data.classNames,
    })
    this.#best = { epoch, step, frechetDistance, path: this.#file.given }
    return figures
  }
}

/**
 * Returns the file of the best model: its path, and the path that the result gives.
 *
 * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT` if there is neither a folder nor a checkpoint
 */
export function bestFile({ outputDir, keeper }: Pick<TrainPlan, 'outputDir' | 'keeper'>): OutputDir {
  if (outputDir !== null) return { path: join(outputDir.path, FILE), given: join(outputDir.given, FILE) }
  if (keeper === undefined) {
    const expected = 'outputDir or checkpoint next to it, where the best model is written,'
    throw invalidArgument('keepBest', expected, 'frechetDistance')
  }
  const { name, ext } = parse(keeper.path)
  const path = join(dirname(keeper.path), `${name}.best${ext}`)
  return { path, given: path }
}
