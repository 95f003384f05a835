// Run by node --test, as onnxruntime-web imports modules, which Jest refuses: portable.test.ts.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import ort from 'onnxruntime-web'
import { bars, failure, largestDifference, path, tiny } from './support.mjs'

async function run(file, feeds) {
  const session = await ort.InferenceSession.create(readFileSync(file))
  const { images } = await session.run(feeds)
  await session.release()
  return { inputs: session.inputNames, images }
}

for (const classes of [0, 10]) {
  test(`an exported generator with ${classes} classes makes the images of sample()`, async () => {
    const gan = tiny({ classes, latentDim: 6 })
    await gan.trainEpoch(bars(16))
    const latents = Float32Array.from({ length: 5 * 6 }, (_, i) => Math.sin(i * 1.3))
    const labels = classes === 0 ? undefined : [3, 1, 4, 1, 5]
    const { pixels } = await gan.sample(5, { latents, ...(labels && { labels }) })
    const feeds = {
      latents: new ort.Tensor('float32', latents, [5, 6]),
      ...(labels && { labels: new ort.Tensor('int64', BigInt64Array.from(labels, BigInt), [5]) }),
    }
    for (const half of [false, true]) {
      const [floats, greys] = [path('.onnx'), path('.onnx')]
      await gan.exportOnnx(floats, { half })
      await gan.exportOnnx(greys, { half, output: 'uint8' })
      const { inputs, images } = await run(floats, feeds)
      assert.deepEqual(inputs, classes === 0 ? ['latents'] : ['latents', 'labels'])
      assert.deepEqual([images.dims, images.type], [[5, 1, 28, 28], 'float32'])
      const levels = Uint8Array.from(images.data, x => Math.round((255 * (x + 1)) / 2))
      assert.ok(largestDifference(levels, pixels) <= 1)
      const grey = (await run(greys, feeds)).images
      assert.deepEqual([grey.dims, grey.type], [[5, 1, 28, 28], 'uint8'])
      assert.ok(largestDifference(grey.data, pixels) <= 1)
    }
  })
}

test('bad options and places are refused', async () => {
  const gan = tiny()
  const file = path('.onnx')
  for (const [target, options, code] of [
    [file, { output: 'float16' }, 'ERR_DCGAN_INVALID_ARGUMENT'],
    [file, { half: 1 }, 'ERR_DCGAN_INVALID_ARGUMENT'],
    ['', {}, 'ERR_DCGAN_INVALID_ARGUMENT'],
    [join(file, 'no', 'folder'), {}, 'ERR_DCGAN_IO'],
  ]) {
    assert.equal((await failure(gan.exportOnnx(target, options))).code, code)
  }
  await gan.dispose()
  assert.equal((await failure(gan.exportOnnx(file))).code, 'ERR_DCGAN_DISPOSED')
})
