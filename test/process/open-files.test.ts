import { run } from './child'

/** The beginning of a script that may open no more files until `release()`. */
const EXHAUSTED = `
  const fs = require('node:fs')
  const opened = []
  const exhaust = () => {
    try { for (;;) opened.push(fs.openSync('/dev/null')) } catch (error) { if (error.code !== 'EMFILE') throw error }
  }
  const release = () => { for (const file of opened.splice(0)) fs.closeSync(file) }
  const attempt = call => call().then(() => 'done', error => error.code + ': ' + error.message)
  const { ImageBatch } = require(${JSON.stringify(require.resolve('../../dist/index.js'))})
`
const REFUSED =
  'ERR_DCGAN_IO: Cannot read a package: too many files are open. Close some or raise the limit (ulimit -n)'

test.each([
  ['the first grid() names the limit', REFUSED, 'new ImageBatch(new Uint8Array(784)).grid()'],
  ['the first model names the limit', REFUSED, '(async () => (await model().dispose()))()'],
  [
    'the first pretrained model names the limit',
    REFUSED,
    'DCGAN.pretrained({ device: "cpu" }).then(gan => gan.dispose())',
  ],
])('where no more files may be opened, %s, and it works afterwards', async (_what, first, call) => {
  const script = `${EXHAUSTED}
    const call = () => ${call}
    exhaust()
    attempt(call)
      .then(first => { release(); console.log(first); return attempt(call) })
      .then(second => console.log(second))`
  const { stdout, stderr } = await run(script, { openFiles: 64 })
  expect(stdout.trim().split('\n')).toEqual([first, 'done'])
  expect(stderr).toBe('')
})
