import { philox, Stream } from './philox.js'

// The TypeScript twin of binding/random/latents.cc and labels.cc.

/** Draws latent vectors of this length, standard normal (Box and Muller 1958), for `count` images from `first` on. */
export function drawLatents(seed: number, count: number, length: number, first = 0): Float32Array {
  const latents = new Float32Array(count * length)
  for (let image = 0; image < count; image++) {
    for (let block = 0; block * 4 < length; block++) {
      const words = philox(seed, [block, first + image, 0, Stream.sample])
      for (let i = 0; i < 4 && block * 4 + i < length; i++) {
        const radius = Math.sqrt(-2 * Math.log(uniform(words[i & 2] as number)))
        const angle = 2 * Math.PI * uniform(words[(i & 2) + 1] as number)
        latents[image * length + block * 4 + i] = radius * (i & 1 ? Math.sin(angle) : Math.cos(angle))
      }
    }
  }
  return latents
}

/** Draws labels from 0 to classes − 1, uniformly. */
export function drawLabels(seed: number, count: number, classes: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, image) => {
    const [word] = philox(seed, [0, image, 0, Stream.label])
    return Math.floor(((word as number) * classes) / 2 ** 32)
  })
}

/** Returns a number in (0, 1], because the logarithm of 0 is infinite. */
function uniform(word: number): number {
  return (word + 1) * 2 ** -32
}
