import { compete } from '../contender.js'
import { table } from '../report.js'
import { median } from '../statistics.js'

/** Measures how late the event loop's timers are while a model trains. The figures include the timer's period of 1 ms. */
export async function loop({ quick, rounds, contenders }) {
  const ran = await compete(
    ['float32', 'bfloat16'].map(precision => () => contenders.ourLoop(precision, 128, quick ? 2 : 5)),
    Math.min(rounds, 3),
  )
  const milliseconds = (contender, phase, key) => median(contender.figures.map(figure => figure[phase][key]))
  const rows = [...ran].flatMap(([name, contender]) =>
    ['idle', 'training'].map(phase => [
      `${name}, ${phase}`,
      ...['p50', 'p99', 'most'].map(key => milliseconds(contender, phase, key).toFixed(1)),
    ]),
  )
  return {
    text: table(['event-loop delay, ms', 'median', '99th percentile', 'most'], rows),
    figures: Object.fromEntries([...ran].map(([name, { figures }]) => [name, figures])),
    targets: [...ran].map(([name, contender]) => ({
      what: `event-loop delay while training, 99th percentile, ${name}`,
      value: milliseconds(contender, 'training', 'p99'),
      limit: 10,
      unit: 'ms',
    })),
  }
}
