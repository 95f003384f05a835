// Runs in Node.js and in browsers: nothing of either is imported.

const bytes = base64 => Uint8Array.from(atob(base64), character => character.charCodeAt(0))

/**
 * Makes the images of reference.json, and throws where they differ from those of LibTorch.
 *
 * @param Model `Generator` of portable, or `DCGAN`
 * @param count images of each request; all if there are fewer
 * @returns how many images were compared
 */
export async function compare(Model, references, count = 1000) {
  let compared = 0
  for (const { file, latentDim, requests } of references) {
    const model = file ? await Model.load(new URL(file, import.meta.url)) : await Model.pretrained()
    for (const { seed, labels, latents, minConfidence, pixels } of requests) {
      const expected = bytes(pixels)
      const asked = Math.min(count, expected.length / 784)
      const made = await model.sample(asked, {
        seed,
        labels: labels?.slice(0, asked),
        latents: latents && new Float32Array(bytes(latents).buffer, 0, asked * latentDim),
        minConfidence,
      })
      const wrong = made.pixels.findIndex((level, i) => Math.abs(level - expected[i]) > 1)
      if (made.count !== asked || wrong >= 0)
        throw new Error(`Pixel ${wrong} is ${made.pixels[wrong]}, and ${expected[wrong]} of LibTorch`)
      compared += asked
    }
    await model.dispose()
  }
  return compared
}
