import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DCGAN, loadImages } from '../../lib/index'
import { writeFileAtomic } from '../../lib/internal/files'
import { LossLog } from '../../lib/training/loss-log'
import { writeRaw } from '../checkpoint/files'
import { idx } from '../datasets/idxFiles'
import { blankJpeg, put } from '../datasets/pictures'
import { failure, refused } from '../support/failure'
import { folder } from '../support/folder'

/**
 * Expects that the work on an input grows no faster than its size: eight times the size may take sixteen times as long.
 * The least of several times is what the work takes. A busy machine needs more of them, and superlinear work stays slow.
 */
async function expectLinear(work: (size: number) => unknown): Promise<void> {
  const timed = async (size: number) => {
    const begin = performance.now()
    await work(size)
    return performance.now() - begin
  }
  await work(1024)
  let [small, large] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  // A tenth of a millisecond is too short to be compared.
  const linear = () => large < 16 * Math.max(small, 0.1)
  for (let i = 0; i < 5 || (i < 50 && !linear()); i++) {
    small = Math.min(small, await timed(8 * 1024))
    large = Math.min(large, await timed(64 * 1024))
  }
  expect({ small, large, linear: linear() }).toMatchObject({ linear: true })
}

const loading = (header: (size: number) => string) => async (size: number) => {
  const file = join(folder(), 'hostile.safetensors')
  writeRaw(file, header(size))
  await refused(DCGAN.load(file), 'ERR_DCGAN_BAD_CHECKPOINT')
}

test.each([
  ['of escaped quotes in an open string', (size: number) => `{"${'\\"'.repeat(size / 2)}`],
  ['of backslashes', (size: number) => `{"${'\\'.repeat(size)}`],
  ['of quotes', (size: number) => `{${'"'.repeat(size)}`],
  ['of lists', (size: number) => `{"a":[${'[],'.repeat(size / 3)}`],
  ['of keys', (size: number) => `{${'"a":0,'.repeat(size / 6)}`],
  ['of one long name', (size: number) => `{"${'a'.repeat(size)}":{}}`],
  [
    'with a long key among the hyper-parameters',
    (size: number) =>
      JSON.stringify({
        __metadata__: {
          format: 'libtorch-dcgan',
          version: '1',
          library: '1',
          kind: 'generator',
          dataset_count: '0',
          dataset_hash: '',
          step: '0',
          epoch: '0',
          batch: '0',
          hparams: JSON.stringify({ latentDim: 2, outputDim: 1, ['a'.repeat(size - 100)]: 0 }),
        },
      }),
  ],
])('a header %s takes time in proportion to its length', (_what, header) => expectLinear(loading(header)))

test('a path of slashes takes time in proportion to its length', () =>
  expectLinear(async size => {
    await refused(writeFileAtomic(`/dev/null${'/'.repeat(size)}x`, new Uint8Array(0)), 'ERR_DCGAN_IO')
  }))

test('a log of losses takes time in proportion to its length', () =>
  expectLinear(async size => {
    const file = join(folder(), 'losses.csv')
    const header = 'step,epoch,disc_loss,disc_loss_real,disc_loss_fake,gen_loss,r1,r2\n'
    writeFileSync(file, header + '1\n'.repeat(size / 2))
    await (await LossLog.open(file, 5)).close()
  }))

test('a large file that is no log of losses is refused by its beginning', async () => {
  const file = join(folder(), 'large')
  writeFileSync(file, 'no log')
  truncateSync(file, 2 ** 40)
  expect((await failure(LossLog.open(file, 5))).message).toMatch(
    /it is there already, and is no log of losses/,
  )
})

/** The processor time of this thread, which Linux counts. */
const SCHEDULE = `/proc/self/task/${process.pid}/schedstat`
const onLinux = existsSync(SCHEDULE) ? test : test.skip

/**
 * Expects that no turn of the event loop takes a quarter of the work. Counts processor time, because other processes
 * delay this one.
 */
async function expectShortTurns(work: () => Promise<unknown>): Promise<void> {
  const now = () => Number(readFileSync(SCHEDULE, 'utf8').split(' ')[0]) / 1e6
  let [longest, last, ended] = [0, now(), false]
  const turn = () => {
    const time = now()
    longest = Math.max(longest, time - last)
    last = time
    if (!ended) setImmediate(turn)
  }
  turn()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  ended = true
  await new Promise(setImmediate)
  expect(longest).toBeLessThan((user + system) / 1000 / 4)
}

onLinux('a picture of 25 million pixels is decoded in another thread', async () => {
  const root = folder()
  put(join(root, 'a.jpg'), blankJpeg(5000, 5000))
  await expectShortTurns(() => loadImages(root))
})

onLinux('85,000 images of EMNIST, packed to 64 KB, are turned in pieces', async () => {
  const root = folder()
  const count = 85_000
  const images = idx(0x803, [count, 28, 28], new Uint8Array(count * 784))
  put(join(root, 'emnist-digits-train-images-idx3-ubyte.gz'), gzipSync(images))
  await expectShortTurns(() => loadImages(root))
})
