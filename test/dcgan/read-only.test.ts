import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { animate, DCGAN, writeDataset } from '../../lib/index'
import { cli } from '../process/child'
import { bars, kept, tiny } from '../support/dcgan'
import { failure } from '../support/failure'

const at = mkdtempSync(join(tmpdir(), 'dcgan-read-only-'))
const here = process.cwd()

/** Mounts an empty file system. Returns false where this process may not. */
function mounts(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', at], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const mounted = mounts()
afterAll(() => {
  process.chdir(here)
  if (mounted) execFileSync('umount', [at])
  rmSync(at, { recursive: true })
})
;(mounted ? test : test.skip)(
  'a read-only file system is named by every call that writes, and the rest works',
  async () => {
    const gan = tiny()
    const file = (name: string) => join(at, name)
    await gan.train({ dataset: bars(8), outputDir: file('out'), maxSteps: 1 })
    await gan.save(file('model'))
    mkdirSync(file('empty'))
    const contents = () =>
      readdirSync(at, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name)).toString('base64')])
    const before = contents()
    execFileSync('mount', ['-o', 'remount,ro', at])
    process.chdir(at)
    const labelled = { ...bars(8), labels: new Uint8Array(8) }
    const train = { dataset: bars(8), maxSteps: 1, outputDir: null }
    for (const call of [
      () => gan.save('new'),
      () => gan.saveGrid('new.png'),
      () => gan.exportOnnx('new.onnx'),
      () => animate('out', 'new.gif'),
      () => gan.train({ ...train, outputDir: 'new' }),
      () => gan.train({ ...train, outputDir: 'out' }),
      () => gan.train({ ...train, log: 'new.csv' }),
      () => gan.train({ ...train, tensorboard: 'new' }),
      () => gan.train({ ...train, checkpoint: { path: 'model' } }),
      () => gan.evaluate({ count: 2, dataset: bars(4), tensorboard: 'new' }),
      () => writeDataset(labelled, 'new', { format: 'idx' }),
      () => writeDataset(labelled, 'out', { format: 'idx' }),
      () => writeDataset(labelled, 'empty', { format: 'png' }),
    ]) {
      const error = await failure(call())
      expect([`${call}`, error.code, error.message]).toEqual([
        `${call}`,
        'ERR_DCGAN_IO',
        expect.stringContaining('the file system is read-only. Choose another folder'),
      ])
    }
    const { code, stderr } = await cli(['setup'], {
      env: { LIBTORCH: '', LIBTORCH_USE_PYTORCH: '', LIBTORCH_DCGAN_HOME: file('home') },
    })
    expect([code, stderr]).toEqual([1, expect.stringContaining('ERR_DCGAN_IO')])
    expect(contents()).toEqual(before)
    const loaded = kept(await DCGAN.load('model'))
    expect((await loaded.sample(2)).count).toBe(2)
    expect((await loaded.train(train)).step).toBe(2)
  },
)
