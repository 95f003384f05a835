import { CLEAN, run } from './child'

// Programs replace globals, by accident or to break what they call.

/** Uses every kind of answer that holds an array buffer, and prints whether each is as it should be. */
const USE = `
  const same = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0
  const use = async () => {
    const gan = model({ classes: 10 })
    const batch = await gan.sample(3, { seed: 1, labels: 3 })
    const frames = await gan.interpolate(1, 2, 3)
    const { discLosses } = await gan.trainEpoch({ ...images(8), labels: new Uint8Array(8) })
    const large = await gan.sample(2000, { seed: 2 })
    return [batch.pixels, frames.pixels, new Uint8Array(discLosses.buffer), large.pixels]
  }
  const True = ArrayBuffer
`

test.each([
  ['an object without memory', 'globalThis.ArrayBuffer = class { byteLength = 1e9 }'],
  ['a function that throws', "globalThis.ArrayBuffer = function () { throw new Error('my own bug') }"],
  [
    'a class of longer buffers',
    'globalThis.ArrayBuffer = class extends True { constructor(n) { super(n + 8) } }',
  ],
  ['nothing', 'delete globalThis.ArrayBuffer'],
  ['an object without memory, also for buffers that exist', 'True.prototype.constructor = class {}'],
  [
    'a function that throws, also for buffers that exist',
    'True.prototype.constructor = () => { throw new Error() }',
  ],
])('a program that replaces ArrayBuffer by %s gets the same answers', async (_, replace) => {
  const ended = await run(`${USE}
    ;(async () => {
      ${replace}
      const found = await use()
      globalThis.ArrayBuffer = True
      const expected = await use()
      console.log(found.map((bytes, i) => same(bytes, expected[i])).join())
    })()`)
  expect(ended).toMatchObject({ ...CLEAN, stdout: 'true,true,true,true\n' })
})
