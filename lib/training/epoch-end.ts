import { writeState } from '../checkpoint/index.js'
import type { TrainingData } from '../datasets/index.js'
import { type Evaluation, evaluatePlan } from '../evaluation/index.js'
import type { HyperParams } from '../hyperparams.js'
import type { Model } from '../native/model.js'
import type { EpochResult } from './epoch-result.js'
import type { TrainPlan } from './options.js'
import type { Records } from './records.js'

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

/** Does what a run does between two epochs: it evaluates, keeps the best model, and calls `onEpoch`. */
export class EpochEnd {
  readonly #model: Model
  readonly #hparams: Readonly<HyperParams>
  readonly #plan: TrainPlan
  readonly #data: TrainingData
  readonly #records: Records
  /** The best model so far. */
  best: BestModel | null = null
  /** The last figures. */
  evaluation: Evaluation | null = null

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
    const { evaluation, signal, best } = this.#plan
    const plan = { ...(evaluation as NonNullable<typeof evaluation>).plan, signal }
    const figures = await evaluatePlan(this.#model, this.#hparams, this.#data, plan)
    this.evaluation = figures
    const { frechetDistance } = figures
    const { epoch, step } = this.#model.position
    await this.#records.writeFigures(step, figures)
    if (best === undefined || frechetDistance >= (this.best?.frechetDistance ?? Infinity)) return figures
    const state = await this.#model.exportState('all')
    await writeState(best.path, state, this.#hparams, {
      durable: true,
      classNames: this.#data.classNames,
    })
    this.best = { epoch, step, frechetDistance, path: best.given }
    return figures
  }
}
