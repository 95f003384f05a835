'use strict'

const os = require('node:os')
const path = require('node:path')
const { run } = require('../run.js')
const { Problem } = require('../problem.js')
const { which } = require('../tools.js')

const ROOT = path.join(__dirname, '..', '..')

/**
 * Configures and builds the addon and the engine in a folder of its own, apart from build/.
 *
 * @param {string} folder
 * @param {string[]} definitions CMake's, each as -DNAME=value
 * @param {string} what for the message, for example 'with CUDA'
 * @param {import('../terminal.js').Output} terminal
 */
async function buildApart(folder, definitions, what, terminal) {
  const generator = which(['ninja']) === undefined ? [] : ['-G', 'Ninja']
  const steps = [
    ['-S', ROOT, '-B', folder, ...generator, ...definitions],
    ['--build', folder, '--parallel', String(os.availableParallelism())],
  ]
  for (const args of steps) {
    const { status, output } = await run('cmake', args, {
      onLine: line => {
        const [, done, total] = /^\[ *(\d+)(?:\/(\d+)|%)\]/.exec(line) ?? []
        if (done !== undefined) terminal.progress('  Compiling', Number(done), Number(total ?? 100))
      },
    })
    terminal.clear()
    if (status !== 0) {
      const last = output.trim().split('\n').slice(-60).join('\n')
      throw new Problem(`The addon does not build ${what}:\n${last}`)
    }
  }
}

module.exports = { buildApart }
