import { compete, secondsOf } from '../contender.js'
import { seconds, table } from '../report.js'
import { median, ratio } from '../statistics.js'

const BATCH = 128

/** The training step at batch 128: ours, PyTorch's and TensorFlow.js'. */
export async function step({ quick, rounds, contenders }) {
  const steps = quick ? 3 : 8
  const ran = await compete(
    [
      () => contenders.ourStep('float32', BATCH, steps),
      () => contenders.pytorchStep('float32', BATCH, steps),
      () => contenders.pytorchStep('compile', BATCH, steps),
      () => contenders.ourStep('bfloat16', BATCH, steps),
      () => contenders.pytorchStep('bfloat16', BATCH, steps),
    ],
    rounds,
  )
  const slow = quick ? new Map() : await compete([() => contenders.tfjsStep(2)], 1)
  const times = secondsOf(ran)
  for (const [name, { figures }] of slow) {
    times.set(
      `${name}, scaled from 2 images`,
      figures.map(figure => (figure.seconds / figure.images) * BATCH),
    )
  }
  const eager = times.get('PyTorch eager float32')
  const rows = [...times].map(([name, values]) => [
    name,
    seconds(median(values)),
    seconds(Math.min(...values)),
    `${Number((BATCH / median(values)).toPrecision(3))}`,
    eager && values.length === eager.length ? ratio(values, eager).toFixed(2) : '',
  ])
  return {
    text: table(
      ['training step, batch 128', 'median', 'best round', 'images/s', 'ratio to PyTorch float32'],
      rows,
    ),
    figures: Object.fromEntries(times),
    targets: [
      target(times, 'float32', 'PyTorch eager float32', 0.67),
      target(times, 'bfloat16', 'PyTorch eager float32', 0.4),
      target(times, 'bfloat16', 'PyTorch autocast bfloat16', 0.67),
    ],
  }
}

function target(times, precision, rival, limit) {
  const [ours, theirs] = [times.get(`ours ${precision}`), times.get(rival)]
  return {
    what: `training step, ${precision}, batch 128, against ${rival}`,
    value: ours && theirs && ratio(ours, theirs),
    limit,
  }
}
