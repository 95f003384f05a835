import { compete } from '../contender.js'
import { table } from '../report.js'
import { median } from '../statistics.js'
import { GFLOP_AN_IMAGE } from './step.js'

/** Compares the throughput of our step with that of oneDNN's convolutions and of a matrix product of 2048³. */
export async function roofline({ quick, rounds, contenders }) {
  const ran = await compete(
    [
      () => contenders.pytorchRoofline(128),
      () => contenders.ourStep('float32', 128, quick ? 3 : 8),
      () => contenders.ourStep('bfloat16', 128, quick ? 3 : 8),
    ],
    rounds,
  )
  const bounds = ran.get('PyTorch roofline')?.figures ?? []
  const rows = ['float32', 'bfloat16'].map(precision => {
    const steps =
      ran.get(`ours ${precision}`)?.figures.map(figure => (GFLOP_AN_IMAGE * 128) / figure.seconds) ?? []
    const convolutions = bounds.map(figure => Math.max(...Object.values(figure[precision].convolutions)))
    const products = bounds.map(figure => figure[precision].product)
    return [
      precision,
      ...[steps, convolutions, products].map(rates => (rates.length ? median(rates).toFixed(0) : '–')),
    ]
  })
  return {
    text: table(['GFLOP/s', 'our step (51.7 GFLOP)', "oneDNN's best convolution", 'matrix product'], rows),
    figures: Object.fromEntries([...ran].map(([name, { figures }]) => [name, figures])),
    targets: [],
  }
}
