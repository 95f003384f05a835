import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ImageBatch } from '../../lib/index'
import { decodeGif, decodePng } from '../images/decoders'
import { cli, run } from '../process/child'
import { bars } from '../support/dcgan'
import { folder } from '../support/folder'
import { curve } from '../tensorboard/event-files'
import { data, TRAIN } from './support'

const png = () => new ImageBatch(bars(1).images).png(0)

/** The words of a command line, as a shell reads them. */
function wordsOf(line: string): string[] {
  return execFileSync('sh', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' })
    .trim()
    .split('\n')
}

test('train writes what it names, and the other commands use it', async () => {
  const cwd = folder()
  const ended = await cli([...TRAIN, '--data', data(16), '--verbose-freq', '3', '--epochs', '2'], { cwd })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  const { stdout } = ended
  expect(stdout).toContain('Training on the CPU: 2 epochs, seed 1\n')
  const logged = [
    ...stdout.matchAll(/^Train step (\d+), Discriminator loss = (\S+), Generator loss = (\S+)$/gm),
  ]
  expect(logged.map(([, step]) => step)).toEqual(['0', '3', '6', '8'])
  for (const [, , disc, gen] of logged) expect([Number(disc) > 0, Number(gen) > 0]).toEqual([true, true])
  expect(stdout.match(/^Epoch \d$/gm)).toEqual(['Epoch 1', 'Epoch 2'])
  for (const name of [
    'dcgan_steps_000000.png',
    'dcgan_steps_000008.png',
    'output.gif',
    'checkpoint.safetensors',
    'dcgan.safetensors',
  ]) {
    expect(stdout).toContain(join('output', name))
    expect(existsSync(join(cwd, 'output', name))).toBe(true)
  }
  expect(stdout).not.toContain('\u001b')

  const picture = await cli(['sample', '--count', '4', '--seed', '5', '--out', 'four.png'], { cwd })
  expect(picture).toMatchObject({ code: 0, stdout: 'Seed 5: four.png\n', stderr: '' })
  expect(decodePng(readFileSync(join(cwd, 'four.png')))).toMatchObject({ width: 56, height: 56, grey: true })

  const singles = await cli(['sample', '--count', '11', '--seed', '5', '--out', 'digits', '--json'], { cwd })
  const { files, seed } = JSON.parse(singles.stdout)
  expect(seed).toBe(5)
  expect(files).toHaveLength(11)
  expect(files.at(-1)).toMatch(/^digits.\d_0010\.png$/)
  expect(readdirSync(join(cwd, 'digits')).sort()).toEqual(
    files.map((file: string) => file.slice('digits/'.length)).sort(),
  )
  const first = decodePng(readFileSync(join(cwd, files[0])))
  const grid = decodePng(readFileSync(join(cwd, 'four.png')))
  expect(first.levels.slice(0, 28)).toEqual(grid.levels.slice(0, 28))

  const random = await cli(['sample', '--json'], { cwd })
  expect(JSON.parse(random.stdout)).toMatchObject({
    count: 1,
    files: ['digits.png'],
    seed: expect.any(Number),
  })

  expect(await cli(['grid', '--out', 'fixed.png'], { cwd })).toMatchObject({
    code: 0,
    stdout: 'fixed.png\n',
    stderr: '',
  })
  const last = decodePng(readFileSync(join(cwd, 'output', 'dcgan_steps_000008.png')))
  expect(decodePng(readFileSync(join(cwd, 'fixed.png'))).levels).toEqual(last.levels)

  const gif = await cli(['animate', 'output', 'run.gif', '--scale', '2', '--json'], { cwd })
  expect(JSON.parse(gif.stdout)).toEqual({ file: 'run.gif', frames: 4 })
  expect(decodeGif(readFileSync(join(cwd, 'run.gif')))).toMatchObject({ width: 112, frames: { length: 4 } })
})

test('--json prints one object on standard output and everything else on standard error', async () => {
  const cwd = folder()
  const flags = '--json --output-dir here --no-save --checkpoint run.safetensors'.split(' ')
  const ended = await cli([...TRAIN, '--data', data(8), ...flags], { cwd })
  expect(ended.code).toBe(0)
  expect(ended.stderr).toContain('Train step 0')
  expect(JSON.parse(ended.stdout)).toMatchObject({
    device: 'cpu',
    hparams: { seed: 1, batchSize: 4, epochs: 1 },
    step: 2,
    epoch: 1,
    snapshots: [join('here', 'dcgan_steps_000000.png'), join('here', 'dcgan_steps_000002.png')],
    gif: join('here', 'output.gif'),
    model: null,
    checkpoint: 'run.safetensors',
  })
  expect(existsSync(join(cwd, 'run.safetensors'))).toBe(true)
})

test('on a CPU one epoch is the default, and it names the flag for more, without a warning', async () => {
  const flags = TRAIN.slice(0, -1)
  const ended = await cli([...flags, 'auto', '--data', data(4), '--no-save'], { cwd: folder() })
  expect(ended.code).toBe(0)
  expect(ended.stdout).toMatch(/Training on the CPU: 1 epoch, seed 1\n.*--epochs 20\n/)
  expect(ended.stderr).toBe('')
})

test('train ends with the figures of an evaluation, where there are test images', async () => {
  const cwd = folder()
  const flags = [...TRAIN, '--data', data(8, 8), '--no-save', '--no-checkpoint', '--evaluate', '20']
  const trained = await cli(flags, { cwd })
  expect(trained).toMatchObject({ code: 0, stderr: '' })
  expect(trained.stdout).toMatch(
    /\nQuality +Fréchet distance [\d.]+ \(training images [\d.]+\), precision .*\nLabels .* % of the images are read as requested\n$/,
  )
  const json = await cli([...flags, '--json'], { cwd })
  expect(JSON.parse(json.stdout).evaluation).toMatchObject({ count: 20, floor: { count: 8 } })
  const quick = await cli([...flags, '--no-evaluate'], { cwd })
  expect(quick.stdout).not.toContain('Fréchet')
  const withoutTests = [...TRAIN, '--data', data(8), '--no-save', '--no-checkpoint', '--evaluate', '20']
  const untested = await cli(withoutTests, { cwd })
  expect(untested).toMatchObject({ code: 0, stderr: '' })
  expect(untested.stdout).toMatch(/\nQuality +Fréchet distance/)
})

test('--evaluate-every and --keep-best: the log and TensorBoard get the figures, and the best model is kept', async () => {
  const cwd = folder()
  const flags =
    '--epochs 2 --evaluate-every 1 --keep-best --log losses.csv --tensorboard runs --no-evaluate --json'
  const ended = await cli([...TRAIN, '--data', data(8, 8), ...flags.split(' ')], { cwd })
  expect(ended).toMatchObject({ code: 0 })
  const { best } = JSON.parse(ended.stdout)
  expect(best).toMatchObject({
    path: join('output', 'best.safetensors'),
    frechetDistance: expect.any(Number),
  })
  expect(existsSync(join(cwd, best.path))).toBe(true)
  const [header = '', ...rows] = readFileSync(join(cwd, 'losses.csv'), 'utf8').trim().split('\n')
  const column = header.split(',').indexOf('frechet_distance')
  const figures = rows.map(row => row.split(',')[column] as string).filter(text => text !== '')
  expect(figures).toHaveLength(2)
  expect(Math.min(...figures.map(Number))).toBe(best.frechetDistance)
  const points = curve(join(cwd, 'runs'), 'evaluation/frechet_distance')
  expect(points).toEqual(figures.map((text, i) => [2 * i + 2, Math.fround(Number(text))]))
})

test.each([
  ['ten classes', 'ABCDEFGHIJ', 'The model has 10 classes'],
  ['three classes', 'ABC', 'The model has 3 classes'],
  ['one class', 'A', 'The model has one class'],
])('a model of a folder of %s has these classes', async (_, letters, said) => {
  const cwd = folder()
  for (const letter of letters) {
    mkdirSync(join(cwd, 'letters', letter), { recursive: true })
    for (const name of ['1.png', '2.png']) writeFileSync(join(cwd, 'letters', letter, name), await png())
  }
  const flags = ['--data', 'letters', '--no-evaluate', '--no-checkpoint']
  const ended = await cli([...TRAIN, ...flags], { cwd })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(ended.stdout).toContain(`${said}, as letters has\n`)
  const sampled = await cli(['sample', '--labels', letters.at(-1) as string, '--json'], { cwd })
  expect(JSON.parse(sampled.stdout)).toMatchObject({ labels: [letters.length - 1] })
  const given = await cli([...TRAIN, ...flags, '--classes', '12', '--json'], { cwd })
  expect(JSON.parse(given.stdout).hparams.classes).toBe(12)
})

test('the images whose classes are counted are read once', async () => {
  const cwd = folder()
  // Counts the times that each file is opened for reading.
  const spy = join(cwd, 'spy.js')
  writeFileSync(
    spy,
    `const files = require('node:fs/promises')
const { open } = files
const opened = []
files.open = (path, ...rest) => (opened.push(String(path)), open(path, ...rest))
process.on('exit', () => require('node:fs').writeFileSync('opened.json', JSON.stringify(opened)))`,
  )
  const env = { NODE_OPTIONS: `--require ${spy}` }
  const flags = ['--data', data(8), '--no-evaluate', '--no-checkpoint', '--no-save']
  expect(await cli([...TRAIN, ...flags], { cwd, env })).toMatchObject({ code: 0, stderr: '' })
  const opened: string[] = JSON.parse(readFileSync(join(cwd, 'opened.json'), 'utf8'))
  expect(opened.filter(path => path.includes('train-images-idx3'))).toHaveLength(1)
})

test('a model of pictures without classes has none, and says so', async () => {
  const cwd = folder()
  mkdirSync(join(cwd, 'mine'))
  for (const name of ['1.png', '2.png']) writeFileSync(join(cwd, 'mine', name), await png())
  const ended = await cli([...TRAIN, '--data', 'mine', '--no-evaluate'], { cwd })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(ended.stdout).toContain('mine has no labels, so the model has no classes\n')
})

test('the commands that train names at its end can be typed', async () => {
  const cwd = folder()
  const env = { MNIST_DIR: data(8, 8) }
  const flags = ['--save', 'my model', '--evaluate', '20']
  const { stdout } = await cli([...TRAIN, ...flags], { cwd, env })
  const lines = [...stdout.matchAll(/^ {2}[\w ]+npx libtorch-dcgan (.*)$/gm)].map(
    ([, line]) => line as string,
  )
  const words = lines.map(wordsOf)
  expect(words).toEqual([
    ['sample', '--count', '16', '--labels', '7', '--model', 'my model'],
    ['evaluate', 'my model'],
    ['train', '--resume', 'my model', '--save', 'my model', '--evaluate', '20'].concat(
      '--device cpu --threads 1 --epochs 2'.split(' '),
    ),
  ])
  const [sampling, evaluating, training] = words as [string[], string[], string[]]
  expect(await cli(sampling, { cwd, env })).toMatchObject({ code: 0, stderr: '' })
  expect(await cli([...evaluating, '--count', '20'], { cwd, env })).toMatchObject({ code: 0, stderr: '' })
  expect(await cli(training, { cwd, env })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Trained 1 epoch '),
  })
})

test('Ctrl-C stops after the step, saves the checkpoint, and the command that is printed continues the run', async () => {
  const cwd = folder()
  const idx = join(folder(), "my 'own' images")
  renameSync(data(2000), idx)
  const flags = ['--data', idx]
  let sent = false
  const ended = await cli([...TRAIN, ...flags], {
    cwd,
    onOutput: (text, child) => {
      if (sent || !text.includes('Train step 0')) return
      sent = true
      // Twice, as npm does it.
      child.kill('SIGINT')
      setTimeout(() => child.kill('SIGINT'), 5)
    },
  })
  expect(ended.code).toBe(130)
  const [, stoppedAt, hint = ''] =
    /Stopped at step (\d+)\. To continue: npx libtorch-dcgan (.*)\n$/.exec(ended.stderr) ?? []
  const step = Number(stoppedAt)
  expect(step).toBeGreaterThan(0)
  expect(step).toBeLessThan(500)
  const more = wordsOf(hint)
  const saved = join('output', 'checkpoint.safetensors')
  expect(more).toEqual([...['train', '--resume', saved, '--data', idx, '--device', 'cpu', '--threads', '1']])

  let stopped = false
  const resumed = await cli([...more, '--no-checkpoint'], {
    cwd,
    onOutput: (text, child) => {
      if (stopped || !text.includes('Epoch 1')) return
      stopped = true
      child.kill('SIGTERM')
    },
  })
  expect(resumed.code).toBe(143)
  expect(resumed.stdout).toContain(`from step ${step} to the end of epoch 1`)
  expect(resumed.stderr).toContain('Nothing was saved')
})

test('a run continues with other images only with --new-data', async () => {
  const cwd = folder()
  const first = await cli([...TRAIN, '--classes', '10', '--data', data(8)], { cwd })
  expect(first.code).toBe(0)
  const file = join(cwd, 'output', 'checkpoint.safetensors')
  const before = readFileSync(file)
  const resume = ['train', '--resume', 'output/checkpoint.safetensors', '--epochs', '2', '--device', 'cpu']
  const env = { MNIST_DIR: data(12) }
  const refused = await cli(resume, { cwd, env })
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--new-data') })
  expect(refused.stderr).toContain('was trained on 8 images, and this data set has 12')
  expect(readFileSync(file).equals(before)).toBe(true)
  expect((await cli([...resume, '--new-data'], { cwd, env })).stdout).toContain('Trained 1 epoch ')
  expect((await cli([...resume, '--epochs', '3'], { cwd, env })).stdout).toContain('Trained 1 epoch ')
})

test('a second Ctrl-C ends the process at once', async () => {
  const script = `
const { interruptible } = require(${JSON.stringify(join(__dirname, '..', '..', 'dist', 'cli', 'interrupt.js'))})
const forEver = () => new Promise(() => setInterval(() => {}, 1000))
interruptible(forEver, () => console.log('stopping'))
console.log('ready')`
  const sent = new Set<string>()
  const ended = await run(script, {
    onOutput: (text, child) => {
      for (const [word, wait] of [['ready', 0] as const, ['stopping', 600] as const]) {
        if (sent.has(word) || !text.includes(word)) continue
        sent.add(word)
        setTimeout(() => child.kill('SIGINT'), wait)
      }
    },
  })
  expect(ended).toMatchObject({ code: null, signal: 'SIGINT', stdout: 'ready\nstopping\n' })
})

test('a model that has its epochs is not trained again, and the command names the flag for more', async () => {
  const cwd = folder()
  const idx = data(4)
  await cli([...TRAIN, '--data', idx, '--save', 'model.safetensors'], { cwd })
  const again = ['train', '--resume', 'model.safetensors', '--data', idx, '--device', 'cpu']
  const ended = await cli(again, { cwd })
  expect(ended).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/has made 1 epoch\. To continue: --epochs 2/),
  })
  const more = await cli([...again, '--epochs', '2'], { cwd })
  expect(more).toMatchObject({ code: 0, stdout: expect.stringContaining('Trained 1 epoch ') })
})
