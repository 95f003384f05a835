import type { Dataset, TrainingData } from '../datasets/index.js'
import { invalidArgument } from '../errors.js'
import type { HyperParams } from '../hyperparams.js'
import { lengthOf } from '../internal/typed-arrays.js'
import type { Model } from '../native/model.js'
import type { Figures, NativeFigures, NativeImages } from '../native/types.js'
import { EventFile, scalars } from '../tensorboard/index.js'
import { chooseClassifier } from './classifier.js'
import { loadCompared } from './compared.js'
import type { Evaluation } from './evaluation.js'
import { checkEvaluateOptions, type EvaluateOptions, type EvaluationPlan } from './options.js'
import { ProgressReporter } from './progress.js'

/** The share of an evaluation that the training of a classifier takes, as its progress shows it. */
const TRAINING_SHARE = 0.7

/** Unseen images are compared in two halves of two images at least. */
const FEWEST_UNSEEN = 4

/** Compares the model's images with real ones, and writes the figures for TensorBoard if requested. */
export function evaluate(
  model: Model,
  hparams: Pick<HyperParams, 'classes'>,
  data: TrainingData,
  options: EvaluateOptions | undefined,
): Promise<Evaluation> {
  return evaluatePlan(model, hparams, data, checkEvaluateOptions(options))
}

/** Does what checked options say. */
export async function evaluatePlan(
  model: Model,
  hparams: Pick<HyperParams, 'classes'>,
  data: TrainingData,
  plan: EvaluationPlan,
): Promise<Evaluation> {
  if (plan.tensorboard === undefined) return compare(model, hparams, data, plan)
  const { step } = model.position
  const events = await EventFile.open(plan.tensorboard)
  try {
    const evaluation = await compare(model, hparams, data, plan)
    await events.write(figuresAt(step, evaluation))
    return evaluation
  } finally {
    await events.close()
  }
}

/** Does the work. */
async function compare(
  model: Model,
  hparams: Pick<HyperParams, 'classes'>,
  data: TrainingData,
  plan: EvaluationPlan,
): Promise<Evaluation> {
  const { count, seed, accuracyScore: scoreCount, signal } = plan
  if (scoreCount > 0 && hparams.classes === 0) {
    throw invalidArgument('accuracyScore', 'false', true, 'the model has no classes')
  }
  const { real, pool, own, seen } = await loadCompared(plan, data, hparams.classes)
  signal?.throwIfAborted()
  const reporter = new ProgressReporter(plan)
  let trained = 0
  const chosen = await chooseClassifier(model, hparams, {
    data,
    images: pool,
    own,
    files: plan.classifierFiles,
    onProgress: fraction => {
      trained = TRAINING_SHARE
      reporter.report(trained * fraction)
    },
  })
  const { classes, ...classifier } = await model.useClassifier(chosen)
  signal?.throwIfAborted()
  const request = {
    count,
    seed,
    labels: plan.labels === 'dataset' ? asIn(real, count, hparams.classes) : undefined,
    real: imagesOf(real),
    pool: imagesOf(pool),
    unseen: real.count >= FEWEST_UNSEEN,
    scoreCount,
  }
  // The engine takes the generator here. Reading more images first would evaluate a later one.
  const { generated, floor, unseen, accuracyScore } = await model.evaluate(request, fraction =>
    reporter.report(trained + (1 - trained) * fraction),
  )
  const shown = unseen !== undefined && !(await seen())
  await reporter.finish(model.ending)
  model.assertAlive()
  const labelled = hparams.classes === classes
  return {
    ...figures(generated, labelled),
    seed,
    floor: figures(floor, labelled),
    ...(shown && { unseen: figures(unseen, labelled) }),
    ...(accuracyScore && { accuracyScore }),
    classifier,
  }
}

/**
 * Returns labels in the proportions of a data set, whatever its order; undefined if it has none or if the model has other
 * classes.
 */
function asIn({ labels, count: from }: Dataset, count: number, classes: number): Uint8Array | undefined {
  if (lengthOf(labels) !== from || labels === undefined || labels.some(label => label >= classes)) return
  const sorted = labels.slice().sort()
  return Uint8Array.from(
    { length: count },
    (_, i) => sorted[Math.floor(((i + 0.5) * from) / count)] as number,
  )
}

function imagesOf({ images, labels, count }: Dataset): NativeImages {
  return { images, count, labels: lengthOf(labels) === count ? labels : null }
}

function figures(
  { labelAccuracy, labelAccuracies, classDistances, ...rest }: NativeFigures,
  labelled: boolean,
): Figures {
  // Without labels it is NaN.
  if (!labelled || Number.isNaN(labelAccuracy)) return rest
  const byClass = classDistances.length > 0 && { frechetDistanceByClass: classDistances }
  return { ...rest, labelAccuracy, labelAccuracyByClass: labelAccuracies, ...byClass }
}

/** Returns TensorBoard's event of an evaluation at a step. */
export function figuresAt(step: number, evaluation: Evaluation): ReturnType<typeof scalars> {
  return scalars(step, {
    ...tagged('evaluation', evaluation),
    ...tagged('evaluation_floor', evaluation.floor),
  })
}

function tagged(group: string, figures: Figures): Record<string, number> {
  const { frechetDistance, precision, recall, density, coverage, confidence, labelAccuracy } = figures
  return {
    [`${group}/frechet_distance`]: frechetDistance,
    [`${group}/precision`]: precision,
    [`${group}/recall`]: recall,
    [`${group}/density`]: density,
    [`${group}/coverage`]: coverage,
    [`${group}/confidence`]: confidence,
    ...(labelAccuracy !== undefined && { [`${group}/label_accuracy`]: labelAccuracy }),
  }
}
