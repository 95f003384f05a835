import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DCGAN, loadImages } from '../../lib/index'
import { decodeGif, decodePng } from '../images/decoders'
import { cli } from '../process/child'
import { kept, labelled, tiny } from '../support/dcgan'
import { folder } from '../support/folder'
import { data } from './support'

test('every command has a help that names its flags, and the hyper-parameters with their defaults', async () => {
  const help = await cli(['--help'])
  expect(help).toMatchObject({ code: 0, stderr: '' })
  for (const command of 'setup doctor train sample grid dataset animate evaluate export'.split(' ')) {
    expect(help.stdout).toContain(`  ${command}`)
    const own = await cli([command, '--help'])
    expect([command, own.code, own.stderr]).toEqual([command, 0, ''])
    expect(own.stdout).toContain('Usage: libtorch-dcgan')
    expect(own.stdout.split('\n').filter(line => line.length > 80)).toEqual([])
  }
  const { stdout } = await cli(['train', '--help'])
  for (const [flag, value] of [
    ['batch-size', '64;\\s+tutorial\\s+128'],
    ['latent-dim', '48;\\s+tutorial\\s+100'],
    ['classes', '10;\\s+tutorial\\s+0'],
    ['epochs', '20;\\s+tutorial\\s+25;\\s+1 on\\s+the\\s+CPU'],
    ['verbose-freq', '250;\\s+tutorial\\s+1000'],
    ['output-dim', '10;\\s+tutorial\\s+5'],
    ['disc-lr', '0\\.001,\\s+falling;\\s+tutorial\\s+0\\.0002'],
    ['gen-lr', '0\\.0005,\\s+falling;\\s+tutorial\\s+0\\.0002'],
    ['beta1', '0;\\s+tutorial\\s+0\\.9'],
    ['beta2', '0\\.999'],
    ['dropout', '0\\.1;\\s+tutorial\\s+0\\.3'],
    ['r1', '0\\.2,\\s+falling;\\s+tutorial\\s+0'],
    ['ema-decay', '0\\.9995;\\s+tutorial\\s+0'],
    ['device', 'auto'],
    ['precision', 'auto;\\s+tutorial\\s+float32'],
    ['threads', 'auto'],
    ['seed', 'random'],
  ]) {
    expect(stdout).toMatch(new RegExp(`--${flag} <value>[^]*?\\(default:\\s+${value}\\)`))
  }
})

test('the version is the package’s', async () => {
  const { version } = JSON.parse(readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8'))
  expect(await cli(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` })
})

test.each([
  [[], 'Usage:'],
  [['tarin'], "unknown command 'tarin'"],
  [['train', '--epoch', '3'], 'Did you mean --epochs?'],
  [['train', '--epochs'], 'argument missing'],
  [['train', '--batch-size', '1'], 'for batchSize but received 1 (ERR_DCGAN_INVALID_ARGUMENT)'],
  [['train', '--epochs', 'many'], 'an integer from 1 to 1000000 for epochs but received "many"'],
  [['train', '--disc-lr', '-1'], 'for discLr but received -1'],
  [['train', '--recipe', 'worst'], "'best' or 'tutorial' for --recipe but received \"worst\""],
  [
    ['train', '--recipe', 'best', '--resume', 'x'],
    'nothing for --recipe but received "best": --resume takes',
  ],
  [['sample', '--labels', '12'], 'for labels but received 12'],
  [['sample', '--out', 'x.jpg'], 'a .png file, a .gif file or a folder for --out but received "x.jpg"'],
  [
    ['sample', '--out', 'x.gif', '--columns', '2'],
    'nothing for --columns but received 2: --out is a .gif file',
  ],
  [['grid', '--out', 'x.gif'], 'a .png file for --out but received "x.gif"'],
  [['sample', '--truncation', '-1'], 'a number from 0 to 10 for truncation but received -1'],
  [['sample', '--min-confidence', '2'], 'a number from 0 to 1 for minConfidence but received 2'],
  [['train', '--evaluate', '1'], 'for --evaluate but received 1'],
  [['dataset'], "required option '--count <n>' not specified"],
  [['dataset', '--count', '5', '--format', 'csv'], "'idx', 'npz' or 'png' for format"],
  [['dataset', '--count', '5', '--labels', '10'], 'for labels but received 10'],
  [['evaluate', '--count', '1'], 'for count but received 1'],
  [['evaluate', '--labels', '7'], 'Allowed choices are dataset, uniform'],
  [['evaluate', '--accuracy-score', '7'], 'for accuracyScore but received 7'],
  [['train', '--distributed', 'env'], 'the environment variable WORLD_SIZE'],
  [['train', '--distributed', 'mpi'], 'Allowed choices are env'],
  [['sample', '--max-batch', '0'], 'for maxBatch but received 0'],
  [['export', 'x', '--threads', '0'], 'for threads but received 0'],
  [['evaluate', '--max-queue', '0'], 'for maxQueue but received 0'],
  [['train', '--device', 'gpu'], '\'cuda:N\' for device but received "gpu"'],
  [['train', '--checkpoint', 'x', '--checkpoint-every', '0'], 'for checkpoint.everySteps but received 0'],
])('%j is a usage error: exit code 2, and what is wrong', async (args, message) => {
  const ended = await cli(args, { cwd: folder() })
  expect(ended.code).toBe(2)
  expect(ended.stdout).not.toContain('Epoch')
  expect(ended.stderr).toContain(message)
  expect(ended.stderr).not.toContain('    at ')
})

test.each([
  [['train', '--device', 'cuda'], 'ERR_DCGAN_NO_CUDA'],
  [['train', '--device', 'cpu', '--data', '/no/such/folder'], '/no/such/folder'],
  [['train', '--resume', 'none.safetensors'], 'none.safetensors'],
  [['sample', '--model', 'none.safetensors'], 'take --model pretrained'],
  [['grid', '--model', 'none.safetensors'], 'ERR_DCGAN_IO'],
  [['evaluate', 'none.safetensors'], 'ERR_DCGAN_IO'],
  [['evaluate', 'pretrained', '--data', '/no/such/folder'], '/no/such/folder'],
  [['animate', 'nowhere'], 'ERR_DCGAN_IO'],
  [['sample', '--count', '2', '--out', '/dev/null/digits'], 'Cannot create /dev/null/digits'],
])('%j fails with exit code 1 and says why', async (args, message) => {
  const ended = await cli(args, { cwd: folder() })
  expect(ended).toMatchObject({ code: 1, stdout: expect.not.stringContaining('Trained') })
  expect(ended.stderr).toContain(message)
  expect(ended.stderr).not.toContain('    at ')
})

test('a picture that is too large is refused before the model is loaded, and many digits are not', async () => {
  const cwd = folder()
  const large = ['sample', '--count', '30000', '--model', 'none.safetensors', '--out', 'x.png']
  const refused = await cli(large, { cwd })
  expect(refused).toMatchObject({ code: 2, stdout: '' })
  expect(refused.stderr).toContain('larger than the 16777216 pixels')
  // More than maxQueue is by default, which bounds those that wait, and here none does.
  const many = await cli(['sample', '--count', '4100', '--seed', '3', '--json'], { cwd })
  expect(many).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(many.stdout)).toMatchObject({ count: 4100, files: ['digits.png'] })
})

test('without a model trained here, digits come from the one that the package ships', async () => {
  const cwd = folder()
  const picture = await cli(['sample', '--count', '4', '--seed', '5'], { cwd })
  expect(picture).toMatchObject({
    code: 0,
    stdout: 'Seed 5 (the pretrained model): digits.png\n',
    stderr: '',
  })
  const { levels } = decodePng(readFileSync(join(cwd, 'digits.png')))
  expect(Math.max(...levels)).toBeGreaterThan(200)

  mkdirSync(join(cwd, 'output'))
  writeFileSync(join(cwd, 'output', 'dcgan.safetensors'), 'not a model')
  expect(await cli(['grid', '--json'], { cwd })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(join('output', 'dcgan.safetensors')),
  })
  const named = await cli(['grid', '--model', 'pretrained', '--json'], { cwd })
  expect(JSON.parse(named.stdout)).toEqual({ model: 'pretrained', files: ['grid.png'] })
})

test('a list of labels makes a digit for each of them, in a .png file however it is spelled', async () => {
  const cwd = folder()
  const sample = await cli(['sample', '--labels', '3,1,4', '--columns', '3', '--out', 'a.PNG', '--json'], {
    cwd,
  })
  expect(JSON.parse(sample.stdout)).toMatchObject({ count: 3, files: ['a.PNG'] })
  expect(await cli(['grid', '--labels', '3,1,4', '--columns', '3'], { cwd })).toMatchObject({ code: 0 })
  for (const file of ['a.PNG', 'grid.png']) {
    expect(decodePng(readFileSync(join(cwd, file)))).toMatchObject({ width: 3 * 28, height: 28 })
  }
})

test('sample keeps the labels: in the names of the files, and with --json', async () => {
  const cwd = folder()
  const flags = ['sample', '--labels', '7,1', '--count', '5', '--seed', '2']
  const singles = await cli([...flags, '--out', 'many', '--min-confidence', '0.5', '--json'], { cwd })
  const { labels, confidences, files } = JSON.parse(singles.stdout)
  expect(labels).toEqual([7, 1, 7, 1, 7])
  expect(confidences).toHaveLength(5)
  expect(Math.min(...confidences)).toBeGreaterThan(0.5)
  expect(files.slice(0, 2)).toEqual([join('many', '7_0000.png'), join('many', '1_0001.png')])
  expect(readdirSync(join(cwd, 'many'))).toHaveLength(5)
})

test('--labels takes the names of classes first, also names that look like numbers', async () => {
  const cwd = folder()
  const gan = tiny({ classes: 2 })
  await gan.trainEpoch({ ...labelled(8, 2), classNames: ['3', '1'] })
  await gan.save(join(cwd, 'model.safetensors'))
  const model = ['--model', 'model.safetensors', '--json']
  const sampled = await cli(['sample', '--labels', '1,3,0', ...model], { cwd })
  expect(JSON.parse(sampled.stdout)).toMatchObject({ labels: [1, 0, 0], classNames: ['1', '3', '3'] })
  expect(await cli(['grid', '--labels', '3', ...model], { cwd })).toMatchObject({ code: 0 })
  const made = await cli(['dataset', '--count', '2', '--labels', '3', '--out', 'set', ...model], { cwd })
  expect(made).toMatchObject({ code: 0, stderr: '' })
  expect([...(await loadImages(join(cwd, 'set'))).labels]).toEqual([0, 0])
})

test('sample --out digits.gif is an animation', async () => {
  const cwd = folder()
  const made = await cli(['sample', '--count', '3', '--out', 'digits.gif', '--scale', '2'], { cwd })
  expect(made).toMatchObject({ code: 0, stderr: '' })
  const { width, height, frames } = decodeGif(readFileSync(join(cwd, 'digits.gif')))
  expect([width, height, frames.length]).toEqual([56, 56, 3])
})

test.each(['idx', 'npz', 'png'])('dataset writes labelled digits as %s', async format => {
  const cwd = folder()
  const flags = ['dataset', '--count', '20', '--format', format, '--seed', '3', '--out', 'set', '--json']
  const made = await cli(flags, { cwd })
  expect(made).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(made.stdout)).toMatchObject({ model: 'pretrained', seed: 3, count: 20 })
  const { labels, count } = await loadImages(join(cwd, 'set'), { invert: false })
  expect(count).toBe(20)
  for (let label = 0; label < 10; label++) expect(labels.filter(each => each === label)).toHaveLength(2)
})

test('evaluate prints each figure next to the figures of real images in 80 columns, or all as JSON', async () => {
  const cwd = folder()
  // Of 120 training images, 30 are test images too.
  const own = ['--labels', 'uniform', '--accuracy-score', '100']
  const flags = ['evaluate', 'pretrained', '--count', '20', '--seed', '3', '--data', data(120, 30), ...own]
  const table = await cli(flags, { cwd })
  expect(table).toMatchObject({ code: 0, stderr: '' })
  for (const line of table.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  expect(table.stdout).toMatch(/^20 images of pretrained, seed 3/)
  expect(table.stdout).toMatch(/generated +unseen +training\n/)
  expect(table.stdout).toMatch(/Fréchet distance +[\d.]+ +[\d.]+ +[\d.]+ /)
  expect(table.stdout).toMatch(/trained on 90 generated images reads [\d.]+ % of/)
  expect(table.stdout).toContain('With fewer images than 10,000, every distance is larger')
  expect(table.stdout).not.toMatch(/real digits (?!have)|rarest digit/)
  const { stdout } = await cli([...flags, '--json'], { cwd })
  const figures = JSON.parse(stdout)
  expect(figures).toMatchObject({
    model: 'pretrained',
    count: 20,
    seed: 3,
    floor: { count: 20 },
    unseen: { count: 30 },
  })
  expect(figures.accuracyScore).toMatchObject({ count: 90 })
  const shown = /Fréchet distance +([\d.]+)/.exec(table.stdout)?.[1]
  expect(Number(shown)).toBeCloseTo(figures.frechetDistance, 0)
})

test('the columns of the table of evaluate stay apart where all images are of one class', async () => {
  const cwd = folder()
  await tiny().save(join(cwd, 'model'), { only: 'generator' })
  const flags = ['evaluate', 'model', '--count', '20', '--data', data(120, 30)]
  const { stdout } = await cli(flags, { cwd })
  expect(stdout).toMatch(/commonest class +100 % \(\d\) {2,}\d/)
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

test('sample --min-confidence and --truncation make the digits that the library makes', async () => {
  const cwd = folder()
  const flags = ['sample', '--count', '9', '--seed', '4', '--json']
  expect(await cli([...flags, '--min-confidence', '0.9', '--truncation', '0.8'], { cwd })).toMatchObject({
    code: 0,
    stderr: '',
  })
  const { levels } = decodePng(readFileSync(join(cwd, 'digits.png')))
  const gan = kept(await DCGAN.pretrained({ device: 'cpu' }))
  const batch = await gan.sample(9, { seed: 4, minConfidence: 0.9, truncation: 0.8 })
  expect(levels).toEqual(decodePng(await batch.grid()).levels)
})

test('a reader that closes the output early ends the command without an error', async () => {
  const child = spawn(process.execPath, [
    join(__dirname, '..', '..', 'dist', 'cli', 'index.js'),
    'train',
    '--help',
  ])
  child.stdout.destroy()
  const errors = child.stderr.setEncoding('utf8').toArray()
  expect(await once(child, 'close')).toEqual([141, null])
  expect((await errors).join('')).toBe('')
})
