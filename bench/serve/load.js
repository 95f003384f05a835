import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { DCGAN } from '../../dist/index.mjs'
import { median, ratio } from '../statistics.js'
import { hostile } from './hostile.js'
import { overload, serving } from './phases.js'
import { sampleAlone } from './processes.js'
import { missed, report, targets, targetTable } from './report.js'

const ROUNDS = 5

const HELP = `Usage: npm run bench -- serve [options]

Measures what the server of examples/backend takes: alone, with and without batching, and overloaded. Run it on an idle machine.

Options:
  --hostile       measures instead what connections without a complete request do to it
  --seconds <n>   length of each phase (default 20)
  --model <file>  state file to serve (default: MODEL, else the weights that the package ships)
  --out <file>    where the figures go as JSON (default bench/results/serve.json)
  -h, --help      show this

Exits with 1 when a target is missed.
`

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    model: { type: 'string' },
    hostile: { type: 'boolean', default: false },
    out: { type: 'string', default: fileURLToPath(new URL('../results/serve.json', import.meta.url)) },
    help: { type: 'boolean', short: 'h' },
  },
})
if (values.help) {
  process.stdout.write(HELP)
  process.exit()
}
const seconds = Number(values.seconds)
if (!(seconds >= 1)) throw new Error(`--seconds must be a number from 1, but is ${values.seconds}`)

const folder = await mkdtemp(join(tmpdir(), 'dcgan-load-'))
try {
  const model = values.model || process.env.MODEL || (await shippedModel(folder))
  if (values.hostile) {
    const aims = await hostile(model, seconds)
    process.stdout.write(`${targetTable(aims)}\n`)
    judge(aims)
  } else {
    const result = await measure(model)
    const aims = targets(result)
    await mkdir(dirname(values.out), { recursive: true })
    await writeFile(values.out, `${JSON.stringify({ ...result, targets: aims }, undefined, 2)}\n`)
    process.stdout.write(`\n${report(result)}\n\nAll figures: ${values.out}\n`)
    judge(aims)
  }
} finally {
  await rm(folder, { recursive: true })
}

function judge(aims) {
  if (aims.some(missed)) process.exitCode = 1
}

async function measure(model) {
  const load = loadavg()[0]
  if (load > 0.5) say(`The load is ${load.toFixed(1)}: something else runs, and the figures will show it`)
  const { alone, batched, share } = await compared(model)
  say('the same with MAX_BATCH=1')
  const single = await serving(model, 1, seconds)
  say('ten times what it can serve')
  const over = await overload(model, batched.imagesPerSecond, seconds)
  const processors = `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}`
  return {
    date: new Date().toISOString(),
    seconds,
    processors,
    load,
    alone,
    batched,
    share,
    single,
    overload: over,
  }
}

/**
 * The model alone and the server, in turns: the processor's clock changes within seconds. Each figure is the median of
 * the rounds, `share` is the median of their ratios.
 */
async function compared(model) {
  const rounds = []
  for (let i = 0; i < ROUNDS; i++) {
    say(`sample(64) alone, then one image a request, batched: round ${i + 1} of ${ROUNDS}`)
    const alone = await sampleAlone(model, seconds / ROUNDS)
    rounds.push({ alone, batched: await serving(model, 64, seconds / ROUNDS) })
  }
  const speeds = who => rounds.map(round => round[who].imagesPerSecond)
  return {
    alone: medians(rounds.map(round => round.alone)),
    batched: medians(rounds.map(round => round.batched)),
    share: ratio(speeds('batched'), speeds('alone')),
  }
}

/** The median of each figure. An error in any round counts. */
function medians(rounds) {
  const of = name => rounds.map(round => round[name])
  return Object.fromEntries(
    Object.keys(rounds[0]).map(name => [
      name,
      name === 'errors' || name === 'refused' ? Math.max(...of(name)) : median(of(name)),
    ]),
  )
}

async function shippedModel(folder) {
  const file = join(folder, 'model.safetensors')
  const gan = await DCGAN.pretrained()
  await gan.save(file, { only: 'generator' })
  await gan.dispose()
  return file
}

function say(text) {
  process.stderr.write(`${text}\n`)
}
