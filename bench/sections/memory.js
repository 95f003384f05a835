import { compete } from '../contender.js'
import { mebibytes, table } from '../report.js'

/** The most memory that training on all of MNIST at batch 128 ever holds, process and all. */
export async function memory({ quick, contenders }) {
  const steps = quick ? 5 : 25
  const peaks = new Map()
  for (const start of [
    () => contenders.ourStep('float32', 128, steps, 60_000),
    () => contenders.pytorchStep('float32', 128, steps),
    () => contenders.ourStep('bfloat16', 128, steps, 60_000),
    () => contenders.pytorchStep('bfloat16', 128, steps),
  ]) {
    for (const [name, { figures }] of await compete([start], 2)) peaks.set(name, figures.at(-1).peakMiB)
  }
  const target = (precision, rival) => {
    const [ours, theirs] = [peaks.get(`ours ${precision}`), peaks.get(rival)]
    return {
      what: `peak memory of training, ${precision}, against ${rival}`,
      value: ours && theirs && ours / theirs,
      limit: 1,
    }
  }
  return {
    text: table(
      ['training on 60,000 images, batch 128', 'peak resident memory'],
      [...peaks].map(([name, peak]) => [name, mebibytes(peak)]),
    ),
    figures: Object.fromEntries(peaks),
    targets: [target('float32', 'PyTorch eager float32'), target('bfloat16', 'PyTorch autocast bfloat16')],
  }
}
