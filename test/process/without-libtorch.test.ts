import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { sharedFolder } from '../support/folder'
import { runNode, run as runScript } from './child'

const ROOT = join(__dirname, '..', '..')
const LIBRARY = JSON.stringify(join(ROOT, 'dist', 'index.js'))
const CLI = join(ROOT, 'dist', 'cli', 'index.js')

const folder = sharedFolder()

/** Runs Node.js where there is no LibTorch, and where none can be fetched. */
function run(args: string[], cwd = folder) {
  const nowhere = 'http://127.0.0.1:9'
  return runNode(args, {
    cwd,
    env: {
      LIBTORCH: '',
      LIBTORCH_USE_PYTORCH: '',
      LIBTORCH_DCGAN_HOME: join(folder, 'home'),
      LIBTORCH_DCGAN_MIRROR: nowhere,
      PYTHON: '/nonexistent',
    },
  })
}

test('a model samples, saves and exports without LibTorch', async () => {
  const { code, stdout, stderr } = await run([
    '-e',
    `const { DCGAN } = require(${LIBRARY})
     ;(async () => {
       const gan = await DCGAN.pretrained()
       const sevens = await gan.sample(16, { seed: 42, labels: 7, minConfidence: 0.5 })
       await gan.saveGrid('grid.png')
       await gan.interpolate(1, 2, 5)
       await gan.save('generator.safetensors', { only: 'generator' })
       await gan.exportOnnx('generator.onnx')
       await gan.dispose()
       const again = await DCGAN.load('generator.safetensors')
       const { pixels } = await again.sample(16, { seed: 42, labels: 7, minConfidence: 0.5 })
       console.log(gan.engine, sevens.confidences.every(value => value > 0.5), Buffer.compare(pixels, sevens.pixels))
       await again.dispose()
     })()`,
  ])
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'native true 0\n', stderr: '' })
  for (const name of ['grid.png', 'generator.onnx']) expect(existsSync(join(folder, name))).toBe(true)
})

test('a call that needs LibTorch names the command, and the model still samples', async () => {
  const { code, stdout } = await run([
    '-e',
    `const { DCGAN } = require(${LIBRARY})
     const say = ({ code, message }) => console.log(code, /npx libtorch-dcgan setup/.test(message))
     ;(async () => {
       try { new DCGAN() } catch (error) { say(error) }
       const gan = await DCGAN.pretrained()
       await gan.evaluate({ count: 10 }).catch(say)
       await DCGAN.pretrained({ device: 'cuda' }).catch(say)
       await DCGAN.pretrained({ precision: 'bfloat16' }).catch(say)
       console.log((await gan.sample(2)).count, gan.engine)
       await gan.dispose()
     })()`,
  ])
  const refused = 'ERR_DCGAN_NATIVE_NOT_FOUND true\n'
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${refused.repeat(4)}2 native\n` })
})

test('a whole model that cannot train for want of LibTorch samples on', async () => {
  const file = join(folder, 'whole.safetensors')
  const made = await runScript(`;(async () => {
    const gan = model()
    await gan.save(${JSON.stringify(file)})
    await gan.dispose()
  })()`)
  expect(made).toMatchObject({ code: 0 })
  const { stdout } = await run([
    '-e',
    `const { DCGAN } = require(${LIBRARY})
     ;(async () => {
       const gan = await DCGAN.load(${JSON.stringify(file)})
       const { pixels } = await gan.sample(2, { seed: 1 })
       const images = new Uint8Array(8 * 784)
       const dataset = { images, count: 8, width: 28, height: 28 }
       for (let i = 0; i < 2; i++) await gan.trainEpoch(dataset).catch(({ code }) => console.log(code))
       const again = await gan.sample(2, { seed: 1 })
       console.log(gan.engine, gan.step, Buffer.compare(again.pixels, pixels))
       await gan.dispose()
     })()`,
  ])
  expect(stdout).toBe('ERR_DCGAN_NATIVE_NOT_FOUND\nERR_DCGAN_NATIVE_NOT_FOUND\nnative 0 0\n')
})

test('sample, grid and export need no set-up', async () => {
  for (const args of [['sample', '--count', '4'], ['grid'], ['export', 'digits.onnx']]) {
    const { code, stderr } = await run([CLI, ...args, '--json'])
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' })
  }
  expect(existsSync(join(folder, 'digits.png'))).toBe(true)
})

test.each([['train'], ['evaluate']])('%s runs set-up first, and says so', async command => {
  const { code, stdout, stderr } = await run([CLI, command])
  expect(stderr).toMatch(/^This needs LibTorch, which is not installed\. Running: npx libtorch-dcgan setup\n/)
  expect(stderr).toMatch(/cannot be fetched: .*ERR_DCGAN_IO/)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
})

test('a wrong flag is found before set-up', async () => {
  const { code, stderr } = await run([CLI, 'train', '--batch-size', '1'])
  expect(code).toBe(2)
  expect(stderr).not.toContain('setup')
})
