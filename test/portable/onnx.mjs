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

/** The fields of a protobuf message: field number, and an integer or bytes. */
function fieldsOf(bytes) {
  let at = 0
  const varint = () => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      value += (bytes[at] & 127) * factor
      if (bytes[at++] < 128) return value
    }
  }
  const fields = []
  while (at < bytes.length) {
    const tag = varint()
    const value = varint()
    fields.push([tag >> 3, tag & 2 ? bytes.subarray(at, at + value) : value])
    if (tag & 2) at += value
  }
  return fields
}

test('an exported generator names its producer, its version, its hyper-parameters and its classes', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url)))
  for (const classes of [0, 3]) {
    const gan = tiny({ classes, latentDim: 6 })
    const { images, count, width, height, labels } = bars(16)
    const classNames = classes ? { classNames: ['boot', 'bag', 'coat'] } : {}
    await gan.trainEpoch({
      images,
      count,
      width,
      height,
      labels: labels.map(label => label % 3),
      ...classNames,
    })
    const file = path('.onnx')
    await gan.exportOnnx(file)
    const fields = fieldsOf(readFileSync(file))
    const find = number => fields.filter(([field]) => field === number).map(([, value]) => value)
    const text = number => find(number).map(String)
    assert.deepEqual([text(2), text(3), find(5)], [['libtorch-dcgan'], [version], [gan.step]])
    assert.match(
      text(6)[0],
      classes ? /float32 \[N, 6\].*labels: int64 \[N\], from 0 to 2\./ : /float32 \[N, 6\]/,
    )
    const properties = Object.fromEntries(
      find(14).map(entry => fieldsOf(entry).map(([, value]) => String(value))),
    )
    const { hparams, class_names: names, ...position } = properties
    assert.deepEqual(position, { step: '4', epoch: '1' })
    assert.deepEqual({ ...JSON.parse(hparams), distributed: false }, gan.hparams)
    assert.deepEqual(names && JSON.parse(names), classes ? ['boot', 'bag', 'coat'] : undefined)
  }
})

test('the runtime fails for labels that are no classes, and for another number of them', async () => {
  const gan = tiny({ classes: 10, latentDim: 6 })
  const file = path('.onnx')
  await gan.exportOnnx(file)
  const session = await ort.InferenceSession.create(readFileSync(file), { logSeverityLevel: 4 })
  const make = async (count, labels) => {
    const latents = new ort.Tensor('float32', new Float32Array(count * 6), [count, 6])
    const feeds = {
      latents,
      labels: new ort.Tensor('int64', BigInt64Array.from(labels, BigInt), [labels.length]),
    }
    return (await session.run(feeds)).images.dims[0]
  }
  assert.equal(await make(3, [0, 9, 5]), 3)
  assert.equal(await make(1, [9]), 1)
  for (const [count, labels] of [
    [1, [-1]],
    [1, [-10]],
    [1, [10]],
    [2, [3, -1]],
    [3, [7]],
    [1, [1, 2, 3]],
    [2, []],
  ])
    await assert.rejects(make(count, labels), `${count} latent vectors, labels ${labels}`)
  await session.release()
})

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
