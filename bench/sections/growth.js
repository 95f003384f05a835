import { compete } from '../contender.js'
import { mebibytes, table } from '../report.js'
import { median } from '../statistics.js'

/** Time an image and peak memory as the batch grows. */
export async function growth({ quick, rounds, contenders }) {
  const batches = quick ? [32, 128] : [32, 64, 128, 256, 512]
  const figures = {}
  const rows = []
  for (const batch of batches) {
    const steps = Math.max(2, Math.round(512 / batch))
    const ran = await compete(
      ['float32', 'bfloat16'].flatMap(precision => [
        () => contenders.ourStep(precision, batch, steps),
        () => contenders.pytorchStep(precision, batch, steps),
      ]),
      Math.min(rounds, 3),
    )
    for (const [name, { figures: own }] of ran) {
      const milliseconds = (1000 * median(own.map(figure => figure.seconds))) / batch
      figures[`${name} ${batch}`] = own
      rows.push([name, `${batch}`, milliseconds.toFixed(2), mebibytes(own.at(-1).peakMiB)])
    }
  }
  rows.sort(([a], [b]) => a.localeCompare(b))
  return {
    text: table(['training', 'batch', 'ms per image', 'peak memory'], rows),
    figures,
    targets: [],
  }
}
