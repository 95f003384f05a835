#!/usr/bin/env node
'use strict'

// npm run check -- cuda-build: whether the addon builds, loads and runs with a LibTorch that has CUDA. Needs no GPU.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { cacheFolder } = require('../../dist/internal/cache-folder.js')
const { fetchLibTorch } = require('../../dist/setup/fetch.js')
const { failure } = require('../../dist/internal/failure.js')
const { run } = require('../../dist/setup/run.js')
const { duration, line } = require('../../dist/internal/report.js')
const { requireBuildTools } = require('../../dist/setup/programs.js')
const { buildApart } = require('../../tools/cmake.js')
const { compile } = require('../../scripts/setup.js')
const { runProgram } = require('./program.js')

const ROOT = path.join(__dirname, '..', '..')
// Apart from build/, and laid out as the loader wants it: LIBTORCH_DCGAN_PREBUILD names the folder above build/.
const FOLDER = path.join(ROOT, 'node_modules', '.cache', 'libtorch-dcgan', 'cuda')
const CHILD = path.join(__dirname, 'cuda-child.js')

const HELP = `Usage: npm run check -- cuda-build [options]

Builds the addon against LibTorch with CUDA in a folder of its own, warnings being errors, loads it in a process of
its own, trains three steps and samples; without a GPU that must fall back to the CPU with one warning.

LibTorch comes from the cache, or is fetched into it (2.8 GB). The cache is one of its own, or LIBTORCH_DCGAN_HOME.

Options:
  --from <file>     take LibTorch from this ZIP file or wheel
  --clean           build from nothing
  -h, --help        show this`

/** @typedef {{ what: string, ok: boolean | null, found: string }} Row ok is null for what could not be checked */

/** @param {string | undefined} from */
async function provideLibTorch(from) {
  process.env.LIBTORCH_DCGAN_HOME ||= path.join(path.dirname(cacheFolder()), 'libtorch-dcgan-cuda')
  const libtorch = await fetchLibTorch('cuda', from)
  if (!libtorch.cuda)
    throw failure(
      'ERR_DCGAN_NATIVE_NOT_FOUND',
      `${libtorch.folder} is a LibTorch without CUDA.`,
      'Give --from one with CUDA.',
    )
  return libtorch
}

/** @param {import('../../dist/setup/find.js').LibTorchInfo} libtorch */
async function build(libtorch) {
  requireBuildTools()
  const started = Date.now()
  const folder = path.join(FOLDER, 'build')
  const definitions = [`-DLIBTORCH=${libtorch.folder}`, '-DCMAKE_EXPORT_COMPILE_COMMANDS=ON']
  await buildApart(folder, definitions, 'with CUDA')
  const commands = fs.readFileSync(path.join(folder, 'compile_commands.json'), 'utf8')
  return {
    captured: commands.includes('DCGAN_CUDA_HEADERS=1'),
    nccl: commands.includes('DCGAN_NCCL_HEADERS=1'),
    time: duration(started),
  }
}

/** Trains and samples in a process of its own, and returns its answer. @param {import('../../dist/setup/find.js').LibTorchInfo} libtorch */
async function tryRunning(libtorch) {
  const { LIBTORCH_USE_PYTORCH: _, ...env } = process.env
  const { output } = await run(process.execPath, [CHILD], {
    env: { ...env, LIBTORCH: libtorch.folder, LIBTORCH_DCGAN_PREBUILD: FOLDER },
  })
  try {
    return JSON.parse(output.slice(output.lastIndexOf('\n{')))
  } catch {
    throw failure(
      'ERR_DCGAN_NATIVE_NOT_FOUND',
      `The process that loads it ended without an answer:\n${output.trim()}`,
    )
  }
}

/** @param {Awaited<ReturnType<typeof tryRunning>>} seen @returns {Row[]} */
function judge(seen) {
  const gpu = seen.info.cudaDevices > 0
  const rows = [
    { what: "LibTorch's and CUDA's libraries load", ok: true, found: `LibTorch ${seen.info.libtorch}` },
    {
      what: 'the addon knows that LibTorch has CUDA',
      ok: seen.info.cuda,
      found: `${seen.info.cudaDevices} devices`,
    },
    { what: "device 'auto'", ok: seen.device === (gpu ? 'cuda:0' : 'cpu'), found: seen.device },
    {
      what: gpu ? 'no warning' : 'one warning, for two models',
      ok: seen.warnings.length === (gpu ? 0 : 1),
      found: seen.warnings.join('; ') || 'none',
    },
    {
      what: "device 'cuda'",
      ok: seen.insisted === (gpu ? 'cuda:0' : 'ERR_DCGAN_NO_CUDA'),
      found: seen.insisted,
    },
    {
      what: 'three steps of training',
      ok: seen.steps === 3 && seen.finite,
      found: `losses ${seen.discLoss.toFixed(4)} and ${seen.genLoss.toFixed(4)}`,
    },
    { what: '16 images', ok: seen.levels > 8, found: `${seen.levels} grey levels` },
  ]
  return gpu
    ? rows
    : [
        ...rows,
        { what: 'the step on a GPU, and its capture in a graph', ok: null, found: 'no GPU here' },
        { what: 'sampling, resuming and bfloat16 on a GPU', ok: null, found: 'no GPU here' },
        { what: 'memory and speed on a GPU', ok: null, found: 'no GPU here' },
      ]
}

/** @param {Row[]} rows */
function print(rows) {
  const width = Math.max(...rows.map(({ what }) => what.length))
  for (const { what, ok, found } of rows) {
    const word = ok === null ? 'not run' : ok ? 'ok' : 'FAILED'
    process.stdout.write(`${word.padEnd(7)}  ${what.padEnd(width)}  ${found}\n`)
  }
  if (rows.some(({ ok }) => ok === null)) process.stdout.write('\nNothing ran on CUDA.\n')
}

/** @param {string[]} args */
async function main(args) {
  const { values } = parseArgs({ args, options: { from: { type: 'string' }, clean: { type: 'boolean' } } })
  // It compiles for minutes, and nobody waits for it.
  os.setPriority(10)
  if (values.clean) fs.rmSync(FOLDER, { recursive: true, force: true })
  const libtorch = await provideLibTorch(values.from)
  line(`Building the addon for LibTorch ${libtorch.version} (CUDA) in ${libtorch.folder}`)
  const { captured, nccl, time } = await build(libtorch)
  compile()
  const rows = [
    { what: 'compiles and links, warnings being errors', ok: true, found: time },
    {
      what: 'the captured step is compiled',
      ok: captured,
      found: captured ? "with the runtime's headers" : "the runtime's headers are missing",
    },
    {
      what: 'sums over GPUs are compiled',
      ok: nccl,
      found: nccl ? "with NCCL's headers" : "NCCL's headers are missing",
    },
    ...judge(await tryRunning(libtorch)),
  ]
  print(rows)
  return rows.every(({ ok }) => ok !== false)
}

if (require.main === module) runProgram(HELP, main)
