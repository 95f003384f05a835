// A labelled data set of generated digits, for NumPy and PyTorch: node examples/dataset.mjs [count] [folder]
import { DCGAN, writeDataset } from 'libtorch-dcgan'

const [count = '1000', folder = 'digits'] = process.argv.slice(2)
const gan = await DCGAN.pretrained()
const stop = new AbortController()
process.once('SIGINT', () => stop.abort(new Error('Stopped')))
const digits = gan.generate({
  count: Number(count),
  labels: 'balanced',
  seed: 1,
  signal: stop.signal,
  onProgress: ({ done, imagesPerSecond }) =>
    console.error(`${done} digits, ${imagesPerSecond.toFixed(0)} per second`),
})
const { files } = await writeDataset(digits, folder, { format: 'npz' })
await gan.dispose()
console.log(`python -c "import numpy as np; print(np.load('${files[0]}')['images'].shape)"`)
