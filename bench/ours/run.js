// Makes a run for a comparison of losses: node run.js '{"hparams":{…},"steps":200,"evaluated":false,"model":"file"}'
// Prints the losses, and the Fréchet distance if `evaluated` is true. In a distributed run, the first process prints.
import { DCGAN, loadMnist } from '../../dist/index.mjs'

const { hparams, steps, evaluated, model } = JSON.parse(process.argv[2])
const distributed = process.env.RANK === undefined ? false : 'env'
const threads = Number(process.env.OMP_NUM_THREADS)
const own = { device: 'cpu', threads, distributed }
const gan = model ? await DCGAN.load(model, own) : new DCGAN({ outputDim: 2, ...hparams, epochs: 1, ...own })
const { epochs } = await gan.train({ dataset: await loadMnist(), outputDir: null, maxSteps: steps })
const first = !(Number(process.env.RANK) > 0)
const losses = epochs.flatMap(({ discLosses, genLosses }) => [...discLosses].map((d, i) => [d, genLosses[i]]))
const evaluation = first && evaluated ? await gan.evaluate() : undefined
await gan.dispose()
if (first) process.stdout.write(JSON.stringify({ losses, distance: evaluation?.frechetDistance }))
