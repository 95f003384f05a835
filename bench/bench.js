// Compares this library with its rivals in one run: see README.md. `npm run bench -- --help`.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, loadavg, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeContenders } from './contenders.js'
import { verdict } from './report.js'
import { classes } from './sections/classes.js'
import { growth } from './sections/growth.js'
import { loop } from './sections/loop.js'
import { memory } from './sections/memory.js'
import { processors } from './sections/processors.js'
import { sample } from './sections/sample.js'
import { start } from './sections/start.js'
import { step } from './sections/step.js'

const here = fileURLToPath(new URL('.', import.meta.url))
const SECTIONS = { step, classes, sample, start, memory, loop, growth }
const HELP = `Usage: npm run bench -- [options]

  --quick           few repetitions: a look, not a measurement
  --only a,b        of ${Object.keys(SECTIONS).join(', ')}
  --processors      ratios at each level of instruction sets that this processor has, nothing else; fails where the
                    precision that 'auto' chose is more than 5 % slower than the other
  --rounds n        how often each contender takes its turn (7; 5 with --processors; 3 when quick)
  --threads n       intra-op threads of everybody (the number of processors)
  --python file     a Python with torch, onnx and onnxscript (DCGAN_PYTHON, else python3)
  --json file       where the figures go (bench/results/<time>.json)

The rivals in Node: npm ci --ignore-scripts --prefix bench`

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  only: { type: 'string' },
  processors: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  threads: { type: 'string', default: `${cpus().length}` },
  python: { type: 'string', default: process.env.DCGAN_PYTHON ?? 'python3' },
  json: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
}

/** Describes the machine and the software of the run. */
function describe(python, threads) {
  const require = createRequire(import.meta.url)
  const { training, libtorchInUse } = require('../dist/native/engines.js')
  const info = training().info()
  let pytorch = 'none'
  try {
    pytorch = execFileSync(python, ['-c', 'import torch; print(torch.__version__)'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .toString()
      .trim()
  } catch {
    console.error(`No torch in ${python}: PyTorch stays out. Name another with --python`)
  }
  const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? ''
  const extensions = ['avx2', 'avx512f', 'avx512_bf16', 'amx_bf16'].filter(flag => flags.includes(` ${flag}`))
  return {
    date: new Date().toISOString(),
    commit: commit(),
    processor: `${cpus()[0].model}, ${cpus().length} processors, ${extensions.join(' ')}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    load: loadavg()[0].toFixed(2),
    threads,
    node: process.version,
    libtorch: `${info.libtorch} (${libtorchInUse()?.source})`,
    level: info.level,
    pytorch,
  }
}

/** The commit that is measured, with `-dirty` where files were changed since. */
function commit() {
  try {
    const args = ['describe', '--always', '--dirty', '--exclude=*']
    return execFileSync('git', args, { cwd: here, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
  } catch {
    return 'none: not a clone'
  }
}

/** The sections to measure, by name. */
function sectionsOf({ only, processors: levels }) {
  if (levels) return { processors }
  const names = only?.split(',') ?? Object.keys(SECTIONS)
  const unknown = names.find(name => !(name in SECTIONS))
  if (unknown !== undefined)
    throw new Error(`no section ${unknown}; there are ${Object.keys(SECTIONS).join(', ')}`)
  return Object.fromEntries(names.map(name => [name, SECTIONS[name]]))
}

async function main() {
  const { values: options } = parseArgs({ options: OPTIONS })
  if (options.help) return console.log(HELP)
  const sections = sectionsOf(options)
  const threads = Number(options.threads)
  const rounds = Number(options.rounds ?? (options.quick ? 3 : options.processors ? 5 : 7))
  const machine = describe(options.python, threads)
  console.log(
    Object.entries(machine)
      .map(([key, value]) => `${key}: ${value}`)
      .join('\n'),
  )

  if (Number(machine.load) > 0.5)
    console.error('Other programs are at work here: threads that wait for each other suffer most from that')

  const at = variables => makeContenders({ python: options.python, threads, variables })
  const contenders = at({})
  const results = {}
  const targets = []
  for (const [name, section] of Object.entries(sections)) {
    console.error(`${name} …`)
    const result = await section({ quick: options.quick, rounds, contenders, at })
    results[name] = result.figures
    targets.push(...result.targets)
    console.log(`\n${result.text}`)
  }
  if (targets.length > 0) console.log(`\n${verdict(targets)}`)
  const failed = targets.filter(({ required, value, limit }) => required && !(value <= limit))
  for (const { what } of failed) console.error(`Failed: ${what}`)
  if (failed.length > 0) process.exitCode = 1

  const folder = `${here}results/`
  mkdirSync(folder, { recursive: true })
  const file = options.json ?? `${folder}${machine.date.replaceAll(':', '-')}.json`
  writeFileSync(file, `${JSON.stringify({ machine, targets, results }, null, 2)}\n`)
  console.error(`Figures: ${file}`)
}

main().catch(error => {
  console.error(error.message)
  process.exitCode = 1
})
