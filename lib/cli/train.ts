import { join } from 'node:path'
import type { Command } from 'commander'
import { countClasses } from '../datasets/index.js'
import { DCGAN } from '../dcgan.js'
import { DcganError, invalidArgument } from '../errors.js'
import { checkEvaluationCount, type Evaluation } from '../evaluation/index.js'
import {
  checkHyperParams,
  DEFAULTS,
  type HyperParamOptions,
  MACHINE_PARAMS,
  resolveHyperParams,
} from '../hyperparams.js'
import { checkPath } from '../internal/files.js'
import { oneOf } from '../internal/options.js'
import { shellWord } from '../internal/shell.js'
import { clock, paint } from '../internal/terminal.js'
import { chooseDevice } from '../native/device.js'
import { training } from '../native/engines.js'
import { placeOf } from '../native/peers.js'
import { recipes } from '../recipes.js'
import { DIGITS } from '../sampling/labels.js'
import type { TrainOptions } from '../training/options.js'
import type { Progress } from '../training/progress.js'
import type { TrainResult } from '../training/train.js'
import { evaluateShown } from './evaluate.js'
import { Interrupted } from './failure.js'
import { hyperParamsOf } from './flags.js'
import { interruptible } from './interrupt.js'
import { TRAINED } from './model.js'
import { provideLibTorch } from './set-up.js'
import { TrainDisplay } from './train-display.js'

interface TrainFlags extends Record<string, unknown> {
  recipe?: string
  data?: string
  outputDir: string
  steps?: number
  log?: string
  tensorboard?: string
  /** False for none. */
  checkpoint?: string | false
  checkpointEvery?: number
  checkpointKeep?: number
  resume?: string
  newData?: boolean
  /** False for none. */
  save?: string | false
  /** False for none. */
  evaluate?: number | false
  evaluateEvery?: number
  keepBest?: boolean
  /** False: draw no digits on the terminal. */
  preview?: boolean
  json?: boolean
  /** True in a process that writes nothing. */
  silent?: boolean
}

/** Runs `libtorch-dcgan train`, the tutorial's program. */
export async function train(given: TrainFlags, command: Command): Promise<void> {
  const flags = ofRank(given)
  // With --json, standard output carries only the result.
  const out = flags.json ? process.stderr : process.stdout
  if (flags.resume !== undefined && flags.recipe !== undefined) {
    throw invalidArgument('--recipe', 'nothing', flags.recipe, '--resume takes the recipe of its file')
  }
  // The count is checked first, because training can take hours.
  const { resume, evaluate: count = false } = flags
  if (count !== false) checkEvaluationCount('--evaluate', count)
  const hparams = {
    ...(resume === undefined && { ...recipeOf(flags), ...(await classesOf(flags)) }),
    ...hyperParamsOf(flags),
  }
  // The hyper-parameters are checked first, because set-up may download.
  checkHyperParams('the hyper-parameters', hparams)
  await provideLibTorch()
  const gan = resume === undefined ? create(hparams, flags) : await DCGAN.load(resume, hparams)
  const display = new TrainDisplay(out, flags.preview)
  let trained = false
  try {
    if (!flags.silent) out.write(`${headline(gan, flags)}\n`)
    const onProgress = flags.silent ? undefined : (progress: Progress) => display.update(progress)
    const onInterrupt = () => {
      display.stop()
      if (!flags.silent) process.stderr.write('\nStopping after this step. Ctrl-C again stops at once\n')
    }
    const result = await interruptible(
      signal => gan.train({ ...trainOptions(flags), signal, onProgress }),
      onInterrupt,
    )
    display.stop()
    const model = result.epochs.length > 0 || flags.save ? await saveModel(gan, flags) : null
    trained = true
    if (flags.silent) return
    if (!flags.json) report(flags, result, model)
    const evaluation = result.epochs.length > 0 ? await evaluateTrained(gan, flags) : null
    if (flags.json) reportJson(gan, flags, result, model, evaluation)
    else if (model !== null) suggest(gan, flags, model, command)
  } catch (error) {
    display.stop()
    if (error instanceof Interrupted && !trained && !flags.silent)
      process.stderr.write(`${stopped(gan, flags, command)}\n`)
    throw error
  } finally {
    await gan.dispose()
  }
}

/** Lets only the first process of a distributed run print, and save the model. */
function ofRank(flags: TrainFlags): TrainFlags {
  const { distributed = false } = hyperParamsOf(flags)
  const silent = (placeOf(distributed)?.rank ?? 0) > 0
  return silent ? { ...flags, silent, save: false, evaluate: false } : flags
}

/**
 * Makes a new model. On a CPU one epoch is the default, because it takes a minute or more; on a GPU it takes seconds. A
 * default epoch of `recipes.best` gives mismatched labels twice the weight: the labels have less time to become reliable.
 */
function create(given: HyperParamOptions, flags: TrainFlags): DCGAN {
  const { device } = resolveHyperParams(given)
  if (flags.epochs !== undefined || chooseDevice(device, training().info()) !== 'cpu') return new DCGAN(given)
  // It is still the recipe's own list if the user gave no --mismatch.
  const single = given.mismatch === recipes.best.mismatch ? { mismatch: 0.05 } : {}
  return new DCGAN({ ...given, ...single, epochs: 1 })
}

/** Returns the hyper-parameters of the recipe. A resumed run keeps its own. */
function recipeOf({ recipe = 'best' }: TrainFlags): HyperParamOptions {
  return recipes[oneOf('best', 'tutorial')('--recipe', recipe)]
}

/** Returns the classes of the user's data, which stand in place of the recipe's. */
async function classesOf(flags: TrainFlags): Promise<HyperParamOptions> {
  if (!countsClasses(flags)) return {}
  return { classes: await countClasses(checkPath('--data', flags.data, 'the path of a folder')) }
}

function countsClasses(flags: TrainFlags): boolean {
  const recipe = flags.resume === undefined ? recipeOf(flags) : {}
  return flags.data !== undefined && flags.classes === undefined && Boolean(recipe.classes)
}

function headline(gan: DCGAN, flags: TrainFlags): string {
  const { epochs, seed } = gan.hparams
  // A model that was loaded is on the CPU until it trains.
  const device = chooseDevice(
    gan.hparams.device,
    training().info(),
    placeOf(gan.hparams.distributed)?.localRank,
  )
  const where = device === 'cpu' ? 'the CPU' : device
  const what =
    gan.step === 0 ? plural(epochs, 'epoch') : `from step ${gan.step} to the end of epoch ${epochs}`
  const { epochs: all = DEFAULTS.epochs } = recipeOf(flags)
  const more =
    device === 'cpu' && flags.epochs === undefined && flags.resume === undefined
      ? `\nOn a CPU 1 epoch is the default. For all ${all}: --epochs ${all}`
      : ''
  return `Training on ${where}: ${what}, seed ${seed}${more}${classLine(gan, flags)}`
}

/** Says that the data has this number of classes. */
function classLine({ hparams: { classes } }: DCGAN, flags: TrainFlags): string {
  if (!countsClasses(flags)) return ''
  if (classes === 0) return `\n${flags.data} has no labels, so the model has no classes`
  return `\nThe model has ${classes === 1 ? 'one class' : `${classes} classes`}, as ${flags.data} has`
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function trainOptions({ data, outputDir, newData, ...flags }: TrainFlags): TrainOptions {
  const { checkpointEvery: everySteps, checkpointKeep: keep = 0 } = flags
  const path = checkpointOf({ outputDir, ...flags })
  return {
    dataset: data,
    outputDir,
    newData,
    maxSteps: flags.steps,
    log: flags.log,
    tensorboard: flags.tensorboard,
    evaluateEvery: flags.evaluateEvery,
    ...(flags.keepBest && { keepBest: 'frechetDistance' as const }),
    ...(path !== null && { checkpoint: { path, everySteps, keep } }),
  }
}

/** Returns the checkpoint's path; null for no checkpoint. */
function checkpointOf({ checkpoint, outputDir }: TrainFlags): string | null {
  return checkpoint === false ? null : (checkpoint ?? join(outputDir, 'checkpoint.safetensors'))
}

async function saveModel(gan: DCGAN, { save, outputDir }: TrainFlags): Promise<string | null> {
  if (save === false) return null
  const file = save ?? join(outputDir, 'dcgan.safetensors')
  await gan.save(file)
  return file
}

/** Compares generated images with real ones, and prints the figures unless the result is JSON. */
async function evaluateTrained(gan: DCGAN, flags: TrainFlags): Promise<Evaluation | null> {
  const { data, evaluate: count, json, tensorboard } = flags
  if (count === false) return null
  try {
    const evaluation = await evaluateShown(gan, { count, dataset: data, tensorboard })
    if (!json) reportQuality(evaluation)
    return evaluation
  } catch (error) {
    // A folder without test images is enough for training.
    if (!(error instanceof DcganError) || error.code !== 'ERR_DCGAN_BAD_DATASET') throw error
    if (!json) process.stdout.write(`Not evaluated: ${error.message}\n`)
    return null
  }
}

function reportQuality({ frechetDistance, precision, recall, floor, labelAccuracy }: Evaluation): void {
  const distances = `Fréchet distance ${frechetDistance.toFixed(1)} (training images ${floor.frechetDistance.toFixed(1)})`
  line('Quality', `${distances}, precision ${precision.toFixed(2)}, recall ${recall.toFixed(2)}`)
  if (labelAccuracy !== undefined)
    line('Labels', `${(100 * labelAccuracy).toFixed(1)} % of the images are read as requested`)
}

function reportJson(
  gan: DCGAN,
  flags: TrainFlags,
  result: TrainResult,
  model: string | null,
  evaluation: Evaluation | null,
): void {
  const { epochs, snapshots, gif, step, epoch, discLoss, genLoss, seconds, imagesPerSecond, best } = result
  const checkpoint = epochs.length > 0 ? checkpointOf(flags) : null
  const { device, hparams } = gan
  const figures = { step, epoch, discLoss, genLoss, seconds, imagesPerSecond, evaluation }
  const written = { snapshots, gif, model, checkpoint, best }
  process.stdout.write(`${JSON.stringify({ device, hparams, ...figures, ...written })}\n`)
}

/** Prints what was trained and which files were written. */
function report(flags: TrainFlags, result: TrainResult, model: string | null): void {
  const { epochs, snapshots, gif, epoch, discLoss, genLoss, seconds, imagesPerSecond, best } = result
  if (epochs.length === 0) {
    const more = `To continue: --epochs ${epoch + 1}`
    process.stdout.write(`Nothing to train: the model has made ${plural(epoch, 'epoch')}. ${more}\n`)
  } else {
    const steps = epochs.reduce((sum, each) => sum + each.steps, 0)
    const made = flags.steps === undefined ? plural(epochs.length, 'epoch') : plural(steps, 'step')
    process.stdout.write(`Trained ${made} in ${clock(seconds)}, ${imagesPerSecond.toFixed(0)} images/s\n`)
    const losses = `discriminator ${discLoss.toFixed(3)}, generator ${genLoss.toFixed(3)}`
    line('Losses', `${losses} (means of the last epoch)`)
  }
  line(
    `Snapshots (${snapshots.length})`,
    snapshots.length > 1 ? `${snapshots[0]} … ${snapshots.at(-1)}` : snapshots[0],
  )
  line('Animation', gif)
  line('Checkpoint', epochs.length > 0 ? checkpointOf(flags) : null)
  line(
    'Best model',
    best && `${best.path}, Fréchet distance ${best.frechetDistance.toFixed(1)} (epoch ${best.epoch})`,
  )
  line('Model', model)
}

/** Prints one line of the report, unless there is no text for it. */
function line(what: string, text: string | null | undefined): void {
  if (text) process.stdout.write(`${paint(process.stdout, 'green', what.padEnd(14))} ${text}\n`)
}

/** Prints three commands to run next. */
function suggest(gan: DCGAN, flags: TrainFlags, model: string, command: Command): void {
  const { epochs, classes } = gan.hparams
  const word = shellWord(model)
  const labels = classes === DIGITS ? ' --labels 7' : ''
  const more = gan.epoch < epochs ? '' : ` --epochs ${epochs + 1}`
  process.stdout.write('\nNext, for example:\n')
  line(
    '  new digits',
    `npx libtorch-dcgan sample --count 16${labels}${model === TRAINED ? '' : ` --model ${word}`}`,
  )
  const own = flags.data === undefined ? '' : ` --data ${shellWord(flags.data)}`
  line('  all figures', `npx libtorch-dcgan evaluate${model === TRAINED ? '' : ` ${word}`}${own}`)
  line('  continue', `npx libtorch-dcgan train ${continuing(model, command)}${more}`)
}

function stopped(gan: DCGAN, flags: TrainFlags, command: Command): string {
  const checkpoint = checkpointOf(flags)
  if (checkpoint === null) return `Stopped at step ${gan.step}. Nothing was saved, because of --no-checkpoint`
  return `Stopped at step ${gan.step}. To continue: npx libtorch-dcgan train ${continuing(checkpoint, command)}`
}

/** The flags that a continued run keeps. The checkpoint has the hyper-parameters of the model. */
const KEPT = /^(data|outputDir|log|tensorboard|checkpoint\w*|save|evaluate\w*|keepBest|json)$/

/** Returns the flags that continue a run. */
function continuing(checkpoint: string, command: Command): string {
  const flags = command.opts()
  const kept = command.options.filter(option => {
    const name = option.attributeName()
    // --save and --no-save have one name: the one that was typed counts.
    const given = command.getOptionValueSource(name) === 'cli' && option.negate === (flags[name] === false)
    return given && (KEPT.test(name) || (MACHINE_PARAMS.includes(name) && name !== 'precision'))
  })
  const typed = kept.flatMap(option => {
    const value = option.required ? [shellWord(String(flags[option.attributeName()]))] : []
    return [option.long, ...value]
  })
  return ['--resume', shellWord(checkpoint), ...typed].join(' ')
}
