import { compete } from '../contender.js'
import { seconds, table } from '../report.js'
import { median, ratio } from '../statistics.js'

/** Sampling 1 and 64 images: ours from JavaScript, await to result. */
export async function sample({ quick, rounds, contenders }) {
  const times = new Map()
  for (const count of [1, 64]) {
    const samples = quick ? 20 : count === 1 ? 200 : 40
    const ran = await compete(
      [
        () => contenders.ourSample('float32', count, samples),
        () => contenders.onnxruntimeSample(count, samples),
        () => contenders.pytorchSample('float32', count, samples),
        () => contenders.ourSample('bfloat16', count, samples),
        () => contenders.pytorchSample('bfloat16', count, samples),
        () => contenders.tfjsSample(count, count === 1 ? 5 : 1),
      ],
      rounds,
    )
    for (const [name, { figures }] of ran)
      times.set(
        `${count} ${name}`,
        figures.map(figure => figure.seconds),
      )
  }
  const names = [...new Set([...times.keys()].map(key => key.slice(key.indexOf(' ') + 1)))]
  const cell = (count, name) => {
    const values = times.get(`${count} ${name}`)
    return values ? [seconds(median(values)), seconds(Math.min(...values))] : ['–', '–']
  }
  const target = (count, precision, rival, limit) => {
    const [ours, theirs] = [times.get(`${count} ours ${precision}`), times.get(`${count} ${rival}`)]
    return {
      what: `sample(${count}) ${precision}, against ${rival}`,
      value: ours && theirs && ratio(ours, theirs),
      limit,
    }
  }
  return {
    text: table(
      ['sampling', 'sample(1), median', 'best round', 'sample(64), median', 'best round'],
      names.map(name => [name, ...cell(1, name), ...cell(64, name)]),
    ),
    figures: Object.fromEntries(times),
    targets: [
      target(1, 'float32', 'onnxruntime-node', 1),
      target(64, 'float32', 'PyTorch eager float32', 0.8),
      target(64, 'float32', 'onnxruntime-node', 0.6),
      target(64, 'bfloat16', 'PyTorch eager float32', 0.5),
    ],
  }
}
