#!/usr/bin/env node
'use strict'

// npm run check -- processors: the numeric tests at each level of instruction sets that this processor has, with 1, 2 and 4
// threads. See --help.

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { LEVELS, levelOf } = require('./levels.js')
const { runProgram } = require('./program.js')

const ROOT = path.join(__dirname, '..', '..')
const TRAINING = ['parity', 'finite-differences', 'determinism', 'resume', 'average']
const SUITES = [...TRAINING.map(name => `training/${name}`), 'native/threads', 'dcgan/sample']

const HELP = `Usage: npm run check -- processors [options]

  --threads a,b   threads that LibTorch chooses by itself (default: 1,2,4)
  --only a,b      of the suites ${SUITES.join(', ')}

Runs the numeric tests at each level that this processor has, and prints a table. Ends with 1 where a test fails.`

/**
 * @param {string[]} suites
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ passed: number, failed: number, seconds: number }>}
 */
async function test(suites, env) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dcgan-processors-'))
  try {
    const report = path.join(folder, 'report.json')
    const started = Date.now()
    const files = suites.map(name => path.join('test', `${name}.test.ts`))
    const child = spawn('npx', ['jest', '--json', '--outputFile', report, '--runTestsByPath', ...files], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let output = ''
    child.stderr.setEncoding('utf8').on('data', text => {
      output += text
    })
    const status = await new Promise(resolve => child.once('close', resolve))
    if (status !== 0) process.stderr.write(output)
    const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(
      fs.readFileSync(report, 'utf8'),
    )
    const failed = Math.max(numFailedTests, numFailedTestSuites, status === 0 ? 0 : 1)
    return { passed: numPassedTests, failed, seconds: (Date.now() - started) / 1000 }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string[]} args */
async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      threads: { type: 'string', default: '1,2,4' },
      only: { type: 'string', default: SUITES.join(',') },
    },
  })
  console.log(`${os.cpus()[0]?.model}, ${os.cpus().length} processors\n`)
  console.log('| level | threads | passed | failed | seconds |\n|---|---:|---:|---:|---:|')
  const seen = new Set()
  let well = true
  for (const { level: wanted, variables } of LEVELS) {
    const env = { ...process.env, ...variables, DCGAN_LONG_TESTS: '1' }
    const level = levelOf(env)
    if (seen.has(level)) {
      console.log(`| ${wanted} | | not on this processor | | |`)
      continue
    }
    seen.add(level)
    for (const threads of values.threads.split(',')) {
      const { passed, failed, seconds } = await test(values.only.split(','), {
        ...env,
        OMP_NUM_THREADS: threads,
      })
      console.log(`| ${level} | ${threads} | ${passed} | ${failed} | ${seconds.toFixed(0)} |`)
      well &&= failed === 0
    }
  }
  return well
}

runProgram(HELP, main)
