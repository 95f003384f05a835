// Run by node --test, because the build for browsers is modules, which Jest refuses: portable.test.ts.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Generator as BrowserGenerator } from '../../dist/browser/portable/web/browser.js'
import { DCGAN } from '../../dist/index.mjs'
import { Generator, ImageBatch } from '../../dist/portable/node.mjs'
import { bars, failure, kept, largestDifference, path, tiny } from './support.mjs'

const require = createRequire(import.meta.url)

const load = async source => kept(await Generator.load(source))

async function saved(gan, half = false) {
  const file = path('.safetensors')
  await gan.save(file, { only: 'generator', half })
  return file
}

test('latent vectors and labels are those of the native generator, bit for bit', async () => {
  const gan = kept(await DCGAN.pretrained({ device: 'cpu' }))
  const generator = kept(await Generator.pretrained())
  // Looked at from inside: no caller sees the latent vectors of a seed.
  const { training } = require('../../dist/native/engines.js')
  const { wasmEngine } = require('../../dist/wasm/engine.js')
  for (const [seed, count, length] of [
    [0, 3, 100],
    [1, 1000, 10],
    [2 ** 32 + 7, 50, 33],
    [Number.MAX_SAFE_INTEGER, 20, 1],
  ]) {
    const drawn = engine => engine.latents(seed, 5, count, length)
    assert.deepEqual(drawn(wasmEngine), drawn(training()))
    const [ours, theirs] = [await gan.sample(count, { seed }), await generator.sample(count, { seed })]
    assert.deepEqual(theirs.labels, ours.labels)
  }
})

for (const [what, hparams, half] of [
  ['an unconditional generator', { latentDim: 100 }, false],
  ['an average', { emaDecay: 0.9, latentDim: 7 }, false],
  ['a class-conditional generator in half precision', { classes: 10, latentDim: 12 }, true],
]) {
  test(`${what} makes the same images within one grey level`, async () => {
    const gan = tiny(hparams)
    await gan.trainEpoch(bars(32))
    const file = await saved(gan, half)
    const generator = await load(file)
    const { classes = 0, latentDim } = hparams
    assert.deepEqual([generator.latentDim, generator.classes], [latentDim, classes])

    // Half precision rounds the weights; what is compared has the same.
    const native = half ? kept(await gan.constructor.load(file, { device: 'cpu' })) : gan
    const [ours, theirs] = [await native.sample(130, { seed: 5 }), await generator.sample(130, { seed: 5 })]
    assert.ok(theirs instanceof ImageBatch)
    assert.deepEqual(theirs.labels, ours.labels)
    assert.ok(largestDifference(theirs.pixels, ours.pixels) <= 1)

    const [way, path] = [await native.interpolate(1, 2, 5), await generator.interpolate(1, 2, 5)]
    assert.deepEqual(path.labels, way.labels)
    assert.ok(largestDifference(path.pixels, way.pixels) <= 1)

    const latents = Float32Array.from({ length: 3 * latentDim }, (_, i) => Math.sin(i))
    const wanted = { latents, ...(classes > 0 && { labels: 7 }) }
    const [mine, others] = [await native.sample(3, wanted), await generator.sample(3, wanted)]
    assert.ok(largestDifference(others.pixels, mine.pixels) <= 1)
  })
}

test('a whole model makes the images of its average', async () => {
  const gan = tiny({ emaDecay: 0.9, classes: 10 })
  const classNames = Array.from({ length: 10 }, (_, i) => `class ${i}`)
  await gan.trainEpoch({ ...bars(32), classNames })
  const file = path('.safetensors')
  await gan.save(file)
  const generator = await load(file)
  const [ours, theirs] = [await gan.sample(20, { seed: 5 }), await generator.sample(20, { seed: 5 })]
  assert.deepEqual(theirs.labels, ours.labels)
  assert.deepEqual(theirs.classNames, classNames)
  assert.deepEqual((await generator.sample(2, { labels: 'class 3' })).labels, Uint8Array.of(3, 3))
  assert.ok(largestDifference(theirs.pixels, ours.pixels) <= 1)
})

test('minConfidence draws the candidates of DCGAN, with the shipped classifier or a given one', async () => {
  const gan = kept(await DCGAN.pretrained({ device: 'cpu' }))
  const weights = new URL('../../weights/', import.meta.url)
  const [file, classifier] = ['mnist', 'classifier'].map(name => new URL(`${name}.safetensors`, weights))
  const given = kept(await Generator.load(file, { classifier: readFileSync(classifier) }))
  for (const generator of [kept(await Generator.pretrained()), given]) {
    for (const options of [
      { seed: 5, minConfidence: 0.999 },
      { seed: 8, minConfidence: 1, labels: 3 },
    ]) {
      const [ours, theirs] = [await gan.sample(12, options), await generator.sample(12, options)]
      assert.ok(largestDifference(theirs.pixels, ours.pixels) <= 1)
      assert.ok(theirs.confidences.every((each, i) => Math.abs(each - ours.confidences[i]) < 1e-5))
    }
  }
  const wrong = kept(await Generator.load(file, { classifier: file }))
  assert.equal((await failure(wrong.sample(1, { minConfidence: 0.5 }))).code, 'ERR_DCGAN_BAD_CHECKPOINT')
})

test('the build for browsers makes the same PNG pictures', async () => {
  const { PNG } = require('pngjs')
  const file = await saved(tiny({ classes: 2 }))
  const [node, browser] = [await load(file), kept(await BrowserGenerator.load(readFileSync(file)))]
  const options = { scale: 3, gap: 1, invert: true }
  for (const picture of [
    batch => batch.png(1),
    batch => batch.png(1, options),
    batch => batch.grid({ columns: 2, ...options }),
  ]) {
    const [ours, theirs] = await Promise.all(
      [node, browser].map(async each =>
        PNG.sync.read(Buffer.from(await picture(await each.sample(5, { seed: 2 })))),
      ),
    )
    assert.deepEqual([theirs.width, theirs.height], [ours.width, ours.height])
    assert.deepEqual(theirs.data, ours.data)
  }
})

test('a file is loaded by path, by URL and as bytes', async () => {
  const file = await saved(tiny({ classes: 2 }))
  const bytes = readFileSync(file)
  const sources = [file, pathToFileURL(file), pathToFileURL(file).href, bytes, new Uint8Array(bytes).buffer]
  const batches = []
  for (const source of sources) batches.push(await (await load(source)).sample(2, { seed: 1 }))
  for (const { pixels } of batches) assert.deepEqual(pixels, batches[0].pixels)
})

test('bytes are read when load() is called, in the build for browsers too', async () => {
  const file = readFileSync(await saved(tiny()))
  const images = async generator => (await generator.sample(2, { seed: 3 })).pixels
  const expected = await images(await load(file))
  for (const { load } of [Generator, BrowserGenerator]) {
    const bytes = Uint8Array.from(file)
    const loading = load(bytes)
    bytes.fill(0)
    assert.deepEqual(await images(kept(await loading)), expected)
  }
})

test('what is no generator is refused', async () => {
  const good = readFileSync(await saved(tiny()))
  const corrupted = Uint8Array.from(good).fill(0xff, good.length - 8)
  for (const [source, code, message] of [
    [path('.missing'), 'ERR_DCGAN_IO', /no such file/],
    ['http://127.0.0.1:9/x', 'ERR_DCGAN_IO', /Cannot read http:\/\/127.0.0.1:9\/x/],
    ['HTTP://', 'ERR_DCGAN_IO', /Cannot read HTTP:\/\/: Invalid URL/],
    ['a\0b', 'ERR_DCGAN_INVALID_ARGUMENT', /a path, a URL, or the bytes of a file for source/],
    [new Uint8Array(3), 'ERR_DCGAN_BAD_CHECKPOINT', /it has 3 bytes, too few for the length of a header/],
    [good.subarray(0, good.length - 1), 'ERR_DCGAN_BAD_CHECKPOINT', /which end at byte/],
    [corrupted, 'ERR_DCGAN_BAD_CHECKPOINT', /holds NaN at element/],
    [7, 'ERR_DCGAN_INVALID_ARGUMENT', /a path, a URL, or the bytes of a file for source/],
  ]) {
    const error = await failure(load(source))
    assert.equal(error.code, code)
    assert.match(error.message, message)
  }
})

test('arguments are checked as those of DCGAN are, and a disposed generator says so', async () => {
  const generator = await Generator.load(await saved(tiny({ classes: 3 })))
  for (const [count, options] of [
    [0, {}],
    [1, { seed: -1 }],
    [1, { labels: 3 }],
    [1, { latents: new Float32Array(3) }],
    [1, { sead: 1 }],
  ]) {
    assert.equal((await failure(generator.sample(count, options))).code, 'ERR_DCGAN_INVALID_ARGUMENT')
  }
  const stop = new AbortController()
  const waiting = generator.sample(1000, { signal: stop.signal })
  stop.abort(new Error('enough'))
  await assert.rejects(waiting, /enough/)
  await generator.dispose()
  await generator.dispose()
  assert.equal((await failure(generator.sample())).code, 'ERR_DCGAN_DISPOSED')
})
