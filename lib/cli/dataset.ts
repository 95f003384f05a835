import { writeDataset } from '../datasets/index.js'
import { checkPath } from '../internal/files.js'
import { drawSeed } from '../internal/random.js'
import { bar, clock, paint, redraw } from '../internal/terminal.js'
import type { GenerateProgress } from '../sampling/generate.js'
import { labelsOf, machineParamsOf } from './flags.js'
import { interruptible } from './interrupt.js'
import { modelOf, remark, withModel } from './model.js'

interface DatasetFlags extends Record<string, unknown> {
  model?: string
  count: number
  format?: 'idx' | 'npz' | 'png'
  out: string
  labels?: string[]
  seed?: number
  json?: boolean
}

/** Runs `libtorch-dcgan dataset`, which writes generated digits as a labelled data set. */
export async function dataset(flags: DatasetFlags): Promise<void> {
  const { count, format, out, seed = drawSeed(), json } = flags
  checkPath('--out', out, 'the path of a folder')
  const model = modelOf(flags.model)
  const { files } = await withModel(model, machineParamsOf(flags), gan => {
    const labels =
      labelsOf(flags.labels, gan.classNames) ?? (gan.hparams.classes > 0 ? 'balanced' : undefined)
    return interruptible(async signal => {
      const source = gan.generate({ count, labels, seed, signal, onProgress: show })
      try {
        return await writeDataset(source, out, { format, signal })
      } finally {
        redraw(process.stderr)
      }
    })
  })
  const text = json ? JSON.stringify({ model, seed, count, files }) : summary(count, files, seed, model)
  process.stdout.write(`${text}\n`)
}

function summary(count: number, files: readonly string[], seed: number, model: string): string {
  return `Seed ${seed}${remark(model)}: ${count} images in ${files.join(', ')}`
}

function show({ done, count, imagesPerSecond, etaSeconds }: GenerateProgress): void {
  const speed = `${imagesPerSecond.toFixed(0)} images/s  ${clock(etaSeconds)} left`
  const shown = paint(process.stderr, 'green', bar(done / count))
  redraw(process.stderr, `${shown} ${done}/${count}  ${speed}`)
}
