'use strict'

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { PLATFORM } = require('../dist/internal/platform.js')
const { makePrebuilt } = require('./prebuild.js')

const ROOT = path.join(__dirname, '..')

/** The folders of the examples are large, and npm would leave them out as well. @param {string} file */
const isPacked = file => path.basename(file) !== 'node_modules'

/**
 * Packs the package with what is built now, and runs no set-up: `npm pack` would first make all of it current.
 *
 * @param {string} folder an empty folder, for the tarball and what it is made of
 * @param {Record<string, string>} [built] by platform, the folder with the addon and the engine
 * @returns {{ tarball: string, size: number, files: string[] }}
 */
function pack(folder, built = { [PLATFORM]: path.join(ROOT, 'build', 'Release') }) {
  const staged = path.join(folder, 'staged')
  const { files } = require('../package.json')
  for (const name of ['package.json', 'README.md', 'LICENSE', ...files]) {
    const from = path.join(ROOT, name)
    if (name !== 'prebuilds' && fs.existsSync(from))
      fs.cpSync(from, path.join(staged, name), { recursive: true, filter: isPacked })
  }
  for (const [platform, from] of Object.entries(built))
    makePrebuilt(from, path.join(staged, 'prebuilds', platform), platform)
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: staged, encoding: 'utf8' }))
  return {
    tarball: path.join(folder, packed.filename),
    size: packed.size,
    files: packed.files.map((/** @type {{ path: string }} */ file) => file.path),
  }
}

module.exports = { pack }
