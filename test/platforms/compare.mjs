// Runs in Node.js and in browsers: nothing of either is imported.

const bytes = base64 => Uint8Array.from(atob(base64), character => character.charCodeAt(0))
const sameBytes = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i])

/**
 * Makes the images of reference.json with portable, and throws where they differ from those of DCGAN.
 *
 * @param count images of each request; all if there are fewer
 * @returns how many images were compared
 */
export async function compare({ Generator, drawLatents, runtime }, references, count = 1000) {
  let compared = 0
  for (const { file, drawn, requests } of references) {
    const latents = new Uint8Array(drawLatents(drawn.seed, drawn.count, drawn.length).buffer)
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', latents))
    if (!sameBytes(digest, bytes(drawn.sha256))) throw new Error('The latent vectors differ')

    const generator = file
      ? await Generator.load(new URL(file, import.meta.url), { runtime })
      : await Generator.pretrained({ runtime })
    for (const { seed, labels, latents, pixels } of requests) {
      const expected = bytes(pixels)
      const asked = Math.min(count, expected.length / 784)
      const made = await generator.sample(asked, {
        seed,
        labels: labels?.slice(0, asked),
        latents: latents && new Float32Array(bytes(latents).buffer, 0, asked * generator.latentDim),
      })
      const wrong = made.pixels.findIndex((level, i) => Math.abs(level - expected[i]) > 1)
      if (made.count !== asked || wrong >= 0)
        throw new Error(`Pixel ${wrong} is ${made.pixels[wrong]}, and ${expected[wrong]} of DCGAN`)
      compared += asked
    }
    await generator.dispose()
  }
  return compared
}
