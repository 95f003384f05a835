import { compete, secondsOf } from '../contender.js'
import { seconds, table } from '../report.js'
import { median, ratio } from '../statistics.js'

const BATCH = 128
const [OURS, PYTORCH, PLAIN] = [
  'ours float32',
  'PyTorch eager float32',
  'ours float32, without mismatched labels',
]

/** Hyper-parameters, the step that they are compared with, and the largest ratio that is allowed. */
const KINDS = [
  { what: 'class-conditional step', rival: PYTORCH, limit: 0.62 },
  { what: 'class-conditional step with both gradient penalties', penalty: 0.2, rival: PYTORCH, limit: 0.55 },
  { what: 'class-conditional step with mismatched labels', mismatch: 0.1, rival: PLAIN, limit: 1.02 },
]

/** The training step of class-conditional models. Their penalties cost PyTorch a second backward pass. */
export async function classes({ quick, rounds, contenders }) {
  const rows = []
  const figures = {}
  const targets = []
  for (const { what, penalty = 0, mismatch = 0, rival, limit } of KINDS) {
    const steps = quick ? 3 : 8
    const hparams = { classes: 10, r1: penalty, r2: penalty }
    const starts = [
      () => contenders.ourEpoch(BATCH, steps, { ...hparams, mismatch }),
      rival === PYTORCH
        ? () => contenders.pytorchStep('float32', BATCH, steps, penalty)
        : () => contenders.ourEpoch(BATCH, steps, hparams, PLAIN),
    ]
    const times = secondsOf(await compete(starts, rounds))
    figures[what] = Object.fromEntries(times)
    for (const [name, values] of times) {
      rows.push([`${what}, ${name}`, seconds(median(values)), seconds(Math.min(...values))])
    }
    const [ours, theirs] = [times.get(OURS), times.get(rival)]
    targets.push({ what: `${what}, against ${rival}`, value: ours && theirs && ratio(ours, theirs), limit })
  }
  return { text: table([`batch ${BATCH}`, 'median', 'best round'], rows), figures, targets }
}
