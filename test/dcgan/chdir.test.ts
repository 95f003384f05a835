import { existsSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { animate, DCGAN, loadMnist } from '../../lib/index'
import { pixels, writeIdx } from '../datasets/idxFiles'
import { kept, tiny } from '../support/dcgan'
import { refused } from '../support/failure'
import { folder } from '../support/folder'
import { setVariable } from '../support/variables'

const here = process.cwd()
afterEach(() => process.chdir(here))

/** Goes to a new folder, makes the call, and goes to another folder before the call has done anything more. */
async function moving<T>(
  home: string,
  call: () => Promise<T>,
): Promise<{ value: T; elsewhere: readonly string[] }> {
  const other = folder()
  process.chdir(home)
  const promise = call()
  process.chdir(other)
  const value = await promise
  return { value, elsewhere: readdirSync(other) }
}

function writeMnist(path: string): void {
  writeIdx(path, 'train', pixels(8))
  writeIdx(path, 't10k', pixels(16).subarray(8 * 784))
}

test('process.chdir() while train() runs moves none of its files', async () => {
  const home = folder()
  writeMnist(join(home, 'data'))
  const gan = tiny({ epochs: 2, verboseFreq: 1 })
  const { value, elsewhere } = await moving(home, () =>
    gan.train({
      dataset: 'data',
      outputDir: 'out',
      log: 'losses.csv',
      tensorboard: 'events',
      checkpoint: { path: 'checkpoint.safetensors', everySteps: 1, keep: 0 },
    }),
  )
  expect(elsewhere).toEqual([])
  expect(readdirSync(home).sort()).toEqual(['checkpoint.safetensors', 'data', 'events', 'losses.csv', 'out'])
  expect(value.snapshots).toHaveLength(readdirSync(join(home, 'out')).length - 1)
  for (const path of [value.gif as string, ...value.snapshots]) {
    expect(path).toMatch(/^out\//)
    expect(existsSync(join(home, path))).toBe(true)
  }
})

test('process.chdir() after a call does not change the file that it reads or writes', async () => {
  const home = folder()
  const gan = tiny()
  writeMnist(join(home, 'data'))
  await gan.train({ dataset: join(home, 'data'), outputDir: join(home, 'out'), maxSteps: 1 })
  await gan.save(join(home, 'model'))
  const calls: [string, () => Promise<unknown>][] = [
    ['saved', () => gan.save('saved')],
    ['grid.png', () => gan.saveGrid('grid.png')],
    ['model.onnx', () => gan.exportOnnx('model.onnx')],
    ['run.gif', () => animate('out', 'run.gif')],
    ['model', async () => kept(await DCGAN.load('model'))],
    ['data', () => loadMnist('data')],
  ]
  for (const [name, call] of calls) {
    const { elsewhere } = await moving(home, call)
    expect([name, elsewhere, existsSync(join(home, name))]).toEqual([name, [], true])
  }
})

test('environment variables that change after evaluate() was called change neither its images nor its cache', async () => {
  const [home, cache] = [folder(), folder()]
  writeMnist(join(home, 'data'))
  process.chdir(home)
  setVariable('MNIST_DIR', 'data')
  setVariable('LIBTORCH_DCGAN_HOME', cache)
  const gan = tiny()
  await gan.train({ outputDir: null, maxSteps: 1 })
  const promise = gan.evaluate({ count: 4 })
  for (const name of ['MNIST_DIR', 'LIBTORCH_DCGAN_HOME']) setVariable(name, folder())
  process.chdir(folder())
  expect((await promise).floor.count).toBe(4)
  expect(readdirSync(join(cache, 'classifiers'))).toHaveLength(1)
})

test('a current folder that was removed is an error with a code', async () => {
  const gone = folder()
  process.chdir(gone)
  rmdirSync(gone)
  for (const promise of [DCGAN.load('x'), tiny().save('x'), tiny().train({ log: 'x' })]) {
    await refused(promise, 'ERR_DCGAN_IO', /Cannot resolve (x|output): the current folder was removed/)
  }
})
