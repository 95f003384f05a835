import { compete } from '../contender.js'
import { factor, seconds, table } from '../report.js'
import { median, ratio } from '../statistics.js'

/** Sampling 1 and 64 images: ours from JavaScript, await to result. */
export async function sample({ quick, rounds, contenders }) {
  const times = new Map()
  for (const count of [1, 64]) {
    const samples = quick ? 20 : count === 1 ? 200 : 40
    const ran = await compete(
      [
        () => contenders.ourSample('float32', count, samples),
        () => contenders.onnxruntimeSample('onnxruntime-node', count, samples),
        () => contenders.pytorchSample('float32', count, samples),
        () => contenders.pytorchSample('compile', count, samples),
        () => contenders.ourSample('bfloat16', count, samples),
        () => contenders.pytorchSample('bfloat16', count, samples),
        () => contenders.ourPortable(count, samples),
        () => contenders.onnxruntimeSample('onnxruntime-web', count, quick ? 5 : samples / 4, 1),
        () => contenders.tfjsSample(count, count === 1 ? 5 : 1),
        () => contenders.jaxSample(count, 1),
      ],
      rounds,
    )
    for (const [name, { figures }] of ran)
      times.set(
        `${count} ${name}`,
        figures.map(({ seconds, images = count }) => (seconds * count) / images),
      )
  }
  const names = [...new Set([...times.keys()].map(key => key.slice(key.indexOf(' ') + 1)))]
  const cells = (count, name) => {
    const [values, ours] = [times.get(`${count} ${name}`), times.get(`${count} ours float32`)]
    if (!values) return ['–', '–', '–']
    return [seconds(median(values)), seconds(Math.min(...values)), ours ? factor(ratio(values, ours)) : '–']
  }
  const target = (count, kind, rival, limit) => {
    const [ours, theirs] = [times.get(`${count} ours${kind}`), times.get(`${count} ${rival}`)]
    return {
      what: `sample(${count})${kind}, against ${rival}`,
      value: ours && theirs && ratio(ours, theirs),
      limit,
    }
  }
  return {
    text: table(
      [
        'sampling',
        ...[1, 64].flatMap(count => [`sample(${count}), median`, 'best round', 'of ours float32']),
      ],
      names.map(name => [name, ...cells(1, name), ...cells(64, name)]),
    ),
    figures: Object.fromEntries(times),
    targets: [
      target(1, ' float32', 'onnxruntime-node', 1),
      target(64, ' float32', 'PyTorch eager float32', 0.8),
      target(64, ' float32', 'onnxruntime-node', 0.6),
      target(64, ' bfloat16', 'PyTorch eager float32', 0.5),
      target(1, ', in WebAssembly', 'onnxruntime-web', 0.6),
      target(64, ', in WebAssembly', 'onnxruntime-web', 0.8),
    ],
  }
}
