#!/usr/bin/env node
'use strict'

// Compiles the sampler to WebAssembly, after a change of its sources: `node tools/wasm.js`. The result is committed, so
// nobody else needs the compiler. It is Zig's clang: `pip install ziglang==0.14.1`, or a `zig` in the PATH.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { reportFailure } = require('../dist/cli/failure.js')
const { failure } = require('../dist/internal/failure.js')
const { run } = require('../dist/setup/run.js')

const ROOT = path.join(__dirname, '..')
const VERSION = '0.14.1'
const SOURCES = {
  classifier: ['classifier', 'fused_classifier'],
  kernels: [
    'elementwise',
    'fourier_form',
    'keep_group',
    'levels',
    'packed_kernel',
    'product',
    'taps',
    'team',
  ],
  random: ['labels', 'latents'],
  sampling: ['float32_sampler', 'folded_generator'],
  wasm: ['runtime', 'sampler'],
}
const TARGET = ['-target', 'wasm32-wasi', '-mcpu=generic+simd128', '-O3']
const COMPILE = [
  '-std=c++20',
  '-fno-exceptions',
  '-fno-rtti',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wno-unknown-pragmas',
  '-DDCGAN_LEVEL=baseline',
]

/** Returns the command of the compiler's version; undefined if it is not installed. @returns {string[] | undefined} */
function compiler() {
  const commands = [['zig'], ['python3', '-m', 'ziglang']]
  return commands.find(([program, ...args]) => {
    const { stdout } = spawnSync(/** @type {string} */ (program), [...args, 'version'], { encoding: 'utf8' })
    return stdout?.trim() === VERSION
  })
}

/** Compiles and links. @param {string[]} zig @returns {Promise<Buffer>} the module */
async function build(zig) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dcgan-wasm-'))
  const [program, ...own] = zig
  /** @param {string[]} args */
  const call = async args => {
    const { status, output } = await run(/** @type {string} */ (program), [...own, ...args], {
      cwd: path.join(ROOT, 'binding'),
    })
    if (status !== 0)
      throw failure('ERR_DCGAN_NATIVE_NOT_FOUND', `WebAssembly does not compile:\n${output.trim()}`)
  }
  try {
    const objects = []
    for (const [part, names] of Object.entries(SOURCES)) {
      for (const name of names) {
        const object = path.join(folder, `${part}-${name}.o`)
        await call(['c++', ...TARGET, ...COMPILE, '-I.', '-c', path.join(part, `${name}.cc`), '-o', object])
        objects.push(object)
      }
    }
    const file = path.join(folder, 'sampler.wasm')
    // As C: the C++ library would bring printf.
    await call(['cc', ...TARGET, '-mexec-model=reactor', '-s', ...objects, '-o', file])
    return fs.readFileSync(file)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

/** The module as TypeScript, for bundlers. @param {Buffer} module */
function script(module) {
  return `/** sampler.wasm, by tools/wasm.js. */\nexport const BASE64: string =\n  '${module.toString('base64')}'\n`
}

/** The folder of the results. */
const FILES = {
  module: path.join(ROOT, 'lib/wasm/sampler.wasm'),
  script: path.join(ROOT, 'lib/wasm/bytes.ts'),
}

async function main() {
  const zig = compiler()
  if (zig === undefined)
    throw failure(
      'ERR_DCGAN_NATIVE_NOT_FOUND',
      `There is no Zig ${VERSION}`,
      `pip install ziglang==${VERSION}`,
    )
  const module = await build(zig)
  fs.writeFileSync(FILES.module, module)
  fs.writeFileSync(FILES.script, script(module))
  process.stdout.write(`${path.relative(ROOT, FILES.module)}: ${module.length} bytes\n`)
}

if (require.main === module) {
  main().catch(error => {
    process.exitCode = reportFailure(error)
  })
}

module.exports = { FILES, build, compiler, script }
