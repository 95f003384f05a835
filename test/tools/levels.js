'use strict'

const { execFileSync } = require('node:child_process')
const path = require('node:path')

/**
 * The levels of instruction sets that the kernels have code for (binding/kernels/processor.h), and the variables that
 * make a processor stand for each. A processor that has less than a level stays what it is.
 *
 * @type {{ level: string, variables: Record<string, string> }[]}
 */
const LEVELS = [
  { level: 'baseline', variables: { ONEDNN_MAX_CPU_ISA: 'SSE41', ATEN_CPU_CAPABILITY: 'default' } },
  { level: 'avx2', variables: { ONEDNN_MAX_CPU_ISA: 'AVX2', ATEN_CPU_CAPABILITY: 'avx2' } },
  { level: 'avx512', variables: { ONEDNN_MAX_CPU_ISA: 'AVX512_CORE', ATEN_CPU_CAPABILITY: 'avx512' } },
  {
    level: 'avx512_bf16',
    variables: { ONEDNN_MAX_CPU_ISA: 'AVX512_CORE_BF16', ATEN_CPU_CAPABILITY: 'avx512' },
  },
  { level: 'amx', variables: {} },
]

/** The level that a process with these variables computes at. @param {NodeJS.ProcessEnv} env */
function levelOf(env) {
  return answerOf("require('./dist/native/engines.js').training().info().level", env)
}

/** The precision that `'auto'` chooses there. @param {NodeJS.ProcessEnv} env @returns {'float32' | 'bfloat16'} */
function autoPrecisionOf(env) {
  const model = "new (require('./dist/index.js').DCGAN)({ device: 'cpu', precision: 'auto' })"
  return /** @type {'float32' | 'bfloat16'} */ (answerOf(`${model}.precision`, env))
}

/** @param {string} expression @param {NodeJS.ProcessEnv} env */
function answerOf(expression, env) {
  const cwd = path.join(__dirname, '..', '..')
  const script = `process.stdout.write(${expression}, () => process.exit())`
  return execFileSync(process.execPath, ['-e', script], { cwd, env, encoding: 'utf8' })
}

module.exports = { LEVELS, autoPrecisionOf, levelOf }
