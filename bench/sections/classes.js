import { compete, secondsOf } from '../contender.js'
import { seconds, table } from '../report.js'
import { median, ratio } from '../statistics.js'

const BATCH = 128
const [OURS, RIVAL] = ['ours float32', 'PyTorch eager float32']

/** The weight of both gradient penalties, and the largest ratio that is allowed. */
const KINDS = [
  { what: 'class-conditional step', penalty: 0, limit: 0.62 },
  { what: 'class-conditional step with both gradient penalties', penalty: 0.2, limit: 0.55 },
]

/** The training step of class-conditional models. Their penalties cost PyTorch a second backward pass. */
export async function classes({ quick, rounds, contenders }) {
  const rows = []
  const figures = {}
  const targets = []
  for (const { what, penalty, limit } of KINDS) {
    const steps = quick ? 3 : 8
    const starts = [
      () => contenders.ourEpoch(BATCH, steps, { classes: 10, r1: penalty, r2: penalty }),
      () => contenders.pytorchStep('float32', BATCH, steps, penalty),
    ]
    const times = secondsOf(await compete(starts, rounds))
    figures[what] = Object.fromEntries(times)
    for (const [name, values] of times) {
      rows.push([`${what}, ${name}`, seconds(median(values)), seconds(Math.min(...values))])
    }
    const [ours, theirs] = [times.get(OURS), times.get(RIVAL)]
    targets.push({ what: `${what}, against ${RIVAL}`, value: ours && theirs && ratio(ours, theirs), limit })
  }
  return { text: table([`batch ${BATCH}`, 'median', 'best round'], rows), figures, targets }
}
