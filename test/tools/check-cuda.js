#!/usr/bin/env node
'use strict'

// npm run check -- cuda: whether training and sampling do on a GPU what they should, and how fast.

const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { hasNvidiaDriver } = require('../../dist/setup/programs.js')
const { failure } = require('../../dist/internal/failure.js')
const { run } = require('../../dist/setup/run.js')
const { line } = require('../../dist/internal/report.js')
const { PARTS } = require('./cuda/parts.js')
const { runProgram } = require('./program.js')

const ROOT = path.join(__dirname, '..', '..')

const HELP = `Usage: npm run check -- cuda [options]

Needs an NVIDIA GPU. Sets the package up for CUDA, checks on the GPU that a step in a CUDA graph, an eager one and one
of the CPU agree, that a seed gives the same bits, resuming, sampling, stopping, two models on one GPU, two processes
and a GPU with full memory, and then compares the step's time with PyTorch's. Prints tables for docs/cuda.md.

Options:
  --python <file>  a Python with PyTorch for CUDA and NumPy; without it, nothing is compared with PyTorch
  --only <parts>   of ${PARTS.join(', ')}, bench
  --device <name>  the GPU (cuda); with cpu, this command itself is tried where there is no GPU
  -h, --help       show this`

/** @typedef {import('./cuda/support.js').Row} Row */

/** @throws {Error} where there is no GPU to check */
async function requireGpu() {
  if (!hasNvidiaDriver()) {
    throw failure(
      'ERR_DCGAN_NATIVE_NOT_FOUND',
      'No NVIDIA driver: this check needs a machine with an NVIDIA GPU.',
      'Run it where nvidia-smi shows a GPU. npm run check -- cuda-build needs none.',
    )
  }
  const { status } = await run(process.execPath, [path.join(ROOT, 'scripts', 'setup.js'), '--cuda'], {
    show: true,
  })
  if (status !== 0)
    throw failure('ERR_DCGAN_NATIVE_NOT_FOUND', 'Setting the package up for CUDA failed.', 'See above.')
}

/** Runs a part in a process of its own: if one fails, the others continue. @param {string} name @param {string} device */
async function check(name, device) {
  const { output } = await run(process.execPath, [path.join(__dirname, 'cuda', 'parts.js'), name, device])
  try {
    const { rows } = /** @type {{ rows: Row[] }} */ (JSON.parse(output.slice(output.lastIndexOf('\n{'))))
    return rows
  } catch {
    const last = output.trim().split('\n').slice(-3).join(' ')
    return [{ what: name, ok: false, found: last || 'the process ended without an answer' }]
  }
}

/** @param {Row[]} rows */
function print(rows) {
  const word = (/** @type {Row} */ { ok }) => (ok === null ? 'not run' : ok ? 'ok' : '**failed**')
  const cells = rows.map(row => `| ${row.what} | ${word(row)} | ${row.found.replaceAll('|', '/')} |`)
  process.stdout.write(`| on the GPU | | found |\n| --- | --- | --- |\n${cells.join('\n')}\n`)
}

/** @param {string} device @param {string | undefined} python @returns whether it ended well */
function bench(device, python) {
  const args = [path.join(ROOT, 'bench', 'cuda.js'), '--device', device]
  if (python !== undefined) args.push('--python', python)
  if (device === 'cpu') args.push('--steps', '3', '--epochs', '1', '--images', '640')
  process.stdout.write('\n')
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status === 0
}

/** @param {string[]} args */
async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      python: { type: 'string' },
      only: { type: 'string' },
      device: { type: 'string', default: 'cuda' },
    },
  })
  const { device, python } = values
  const wanted = values.only?.split(',') ?? [...PARTS, 'bench']
  const unknown = wanted.find(name => name !== 'bench' && !PARTS.includes(name))
  if (unknown !== undefined) {
    const parts = `Name one of ${PARTS.join(', ')} or bench`
    throw failure('ERR_DCGAN_INVALID_ARGUMENT', `There is no part ${unknown}.`, parts)
  }
  if (device !== 'cpu') await requireGpu()
  const rows = []
  for (const name of PARTS.filter(name => wanted.includes(name))) {
    line(`Checking ${name}`)
    rows.push(...(await check(name, device)))
  }
  print(rows)
  const measured = !wanted.includes('bench') || bench(device, python)
  return measured && rows.every(({ ok }) => ok !== false)
}

if (require.main === module) runProgram(HELP, main)
