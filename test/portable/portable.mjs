// Run by node --test, as onnxruntime-web imports modules, which Jest refuses: portable.test.ts.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Generator as BrowserGenerator } from '../../dist/browser/portable/browser.js'
import { Generator, ImageBatch } from '../../dist/portable/node.mjs'
import { bars, failure, kept, largestDifference, path, tiny } from './support.mjs'

const require = createRequire(import.meta.url)

const load = async source => kept(await Generator.load(source))

async function saved(gan, half = false) {
  const file = path('.safetensors')
  await gan.save(file, { only: 'generator', half })
  return file
}

test('latent vectors and labels are those of the native generator, bit for bit', () => {
  // Looked at from inside: no caller sees the latent vectors of a seed.
  const { training } = require('../../dist/native/native.js')
  const { drawLabels, drawLatents } = require('../../dist/portable/latents.js')
  for (const [seed, count, length] of [
    [0, 3, 100],
    [1, 1000, 10],
    [2 ** 32 + 7, 50, 33],
    [Number.MAX_SAFE_INTEGER, 20, 1],
  ]) {
    const theirs = new Float32Array(training().latents(seed, count, length))
    assert.deepEqual(drawLatents(seed, count, length), theirs)
    const labels = new Uint8Array(training().labels(seed, count, 10))
    assert.deepEqual(drawLabels(seed, count, 10), labels)
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

test('an image depends on its seed and its place alone, whatever else is asked for', async () => {
  const generator = await load(await saved(tiny({ classes: 3 })))
  const [few, many] = await Promise.all([generator.sample(2, { seed: 9 }), generator.sample(70, { seed: 9 })])
  assert.deepEqual(many.pixels.subarray(0, few.pixels.length), few.pixels)
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
    const loading = load(bytes, { runtime: require('onnxruntime-web') })
    bytes.fill(0)
    assert.deepEqual(await images(kept(await loading)), expected)
  }
})

test('the weights that the package ships make digits', async () => {
  const { pixels } = await kept(await Generator.pretrained()).sample(4, { seed: 3 })
  const bright = pixels.filter(level => level > 127).length / pixels.length
  assert.ok(bright > 0.03 && bright < 0.4, `${bright}`)
})

test('onnxruntime-web stands in for an onnxruntime-node that does not load, as under musl', () => {
  const home = path('')
  mkdirSync(join(home, 'onnxruntime-node'), { recursive: true })
  writeFileSync(join(home, 'onnxruntime-node', 'index.js'), "throw Error('no libstdc++.so.6')")
  const module = JSON.stringify(require.resolve('../../dist/portable/node.js'))
  const program = `const { Generator } = require(${module})
    const load = () => Generator.pretrained().then(generator => generator.sample(2))
    load().then(load).then(({ count }) => console.log(count))`
  const env = { ...process.env, NODE_PATH: home }
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { env, encoding: 'utf8' })
  assert.equal(stdout, '2\n')
  assert.equal(stderr.match(/DCGAN_NO_ONNXRUNTIME_NODE.*no libstdc/g)?.length, 1)
})

test('what a runtime refuses, or fails at, is an error with a code', async () => {
  const file = await saved(tiny())
  const runtime = create => ({ InferenceSession: Object.assign(() => {}, { create }), Tensor: class {} })
  const refused = runtime(() => Promise.reject(new Error('no such operator')))
  const broken = runtime(async () => ({ run: () => Promise.reject(new Error('aborted')), release() {} }))
  for (const [given, code, message] of [
    [{}, 'ERR_DCGAN_INVALID_ARGUMENT', /the module onnxruntime-node or onnxruntime-web for runtime/],
    [refused, 'ERR_DCGAN_NATIVE', /onnxruntime refused the generator: no such operator/],
    [broken, 'ERR_DCGAN_NATIVE', /onnxruntime failed: aborted/],
  ]) {
    const made = Generator.load(file, { runtime: given }).then(generator => kept(generator).sample())
    const error = await failure(made)
    assert.equal(error.code, code)
    assert.match(error.message, message)
  }
})

test('what is no generator is refused', async () => {
  const whole = path('.safetensors')
  await tiny().save(whole)
  const good = readFileSync(await saved(tiny()))
  const spoilt = Uint8Array.from(good).fill(0xff, good.length - 8)
  for (const [source, code, message] of [
    [whole, 'ERR_DCGAN_BAD_CHECKPOINT', /it holds a whole model. Save it with \{ only: 'generator' \}/],
    [path('.missing'), 'ERR_DCGAN_IO', /no such file/],
    ['http://127.0.0.1:9/x', 'ERR_DCGAN_IO', /Cannot read http:\/\/127.0.0.1:9\/x/],
    ['HTTP://', 'ERR_DCGAN_IO', /Cannot read HTTP:\/\/: Invalid URL/],
    ['a\0b', 'ERR_DCGAN_INVALID_ARGUMENT', /a path, a URL, or the bytes of a file for source/],
    [new Uint8Array(3), 'ERR_DCGAN_BAD_CHECKPOINT', /it has 3 bytes, too few for the length of a header/],
    [good.subarray(0, good.length - 1), 'ERR_DCGAN_BAD_CHECKPOINT', /which end at byte/],
    [spoilt, 'ERR_DCGAN_BAD_CHECKPOINT', /holds NaN at element/],
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
  const digits = await load(await saved(tiny({ classes: 10 })))
  const refused = await failure(digits.sample(1, { minConfidence: 0.9 }))
  assert.match(refused.message, /nothing, as the classifier takes LibTorch/)
  const stop = new AbortController()
  const waiting = generator.sample(1000, { signal: stop.signal })
  stop.abort(new Error('enough'))
  await assert.rejects(waiting, /enough/)
  await generator.dispose()
  await generator.dispose()
  assert.equal((await failure(generator.sample())).code, 'ERR_DCGAN_DISPOSED')
})
