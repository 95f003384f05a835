// Sampling in jax-js on its WebAssembly backend, the fastest that it has in Node.js: node jax_sample.js COUNT SAMPLES_A_ROUND
import { defaultDevice, init, jit, lax, nn, numpy as np, random, tree } from '@jax-js/jax'
import { serveCalls } from '../rounds.js'

const [count, samples] = process.argv.slice(2).map(Number)
await init('wasm')
defaultDevice('wasm')

let seed = 0
const normal = (...shape) => random.normal(random.key(seed++), shape)

/** The tutorial's generator. Batch normalisation is folded into weights and biases, as its sampling allows. */
const weights = {
  dense: normal(100, 12544).mul(0.02),
  denseBias: np.zeros([12544]),
  up: [normal(128, 256, 5, 5), normal(64, 128, 4, 4), normal(1, 64, 4, 4)].map(kernel => kernel.mul(0.02)),
  upBias: [np.zeros([128, 1, 1]), np.zeros([64, 1, 1])],
}
const images = jit(({ dense, denseBias, up, upBias }, latents) => {
  const first = nn.relu(np.dot(latents, dense).add(denseBias)).reshape([-1, 256, 7, 7])
  const second = nn.relu(lax.convTranspose(first, up[0], [1, 1], 'SAME').add(upBias[0]))
  const third = nn.relu(lax.convTranspose(second, up[1], [2, 2], 'SAME').add(upBias[1]))
  return np
    .tanh(lax.convTranspose(third, up[2], [2, 2], 'SAME'))
    .add(1)
    .mul(127.5)
    .astype(np.int32)
})

await serveCalls({}, () => images(tree.ref(weights), normal(count, 100)).data(), {
  samples,
  warmUp: 1,
  images: count,
})
