'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { filesUnder } = require('../scripts/files/disk.js')
const { readStamp } = require('../scripts/files/stamp.js')
const { Problem } = require('../scripts/problem.js')
const { run } = require('../scripts/run.js')
const { duration, line } = require('../scripts/terminal.js')

// For Node.js, and for browsers as ES modules of their own.
const PROJECTS = ['tsconfig.build.json', 'tsconfig.browser.json']
const CONFIGURATION = ['tsconfig.json', ...PROJECTS, 'package.json']
const BROWSER = path.join('dist', 'browser', path.sep)

/** Compiles a clone's `lib/` to `dist/` if it changed. @param {string} root */
async function buildLibrary(root) {
  const stampFile = path.join(root, 'node_modules', '.cache', 'libtorch-dcgan', 'library.json')
  const compiler = path.join(root, 'node_modules', 'typescript')
  const { version: typescript } = JSON.parse(fs.readFileSync(path.join(compiler, 'package.json'), 'utf8'))
  const sources = namesUnder(root, 'lib', /\.[cm]?ts$/)
  const stamp = readStamp(root, stampFile, [...sources, ...CONFIGURATION], { typescript })
  if (stamp.current) return
  const started = Date.now()
  stamp.remove()
  fs.rmSync(path.join(root, BROWSER), { recursive: true, force: true })
  for (const project of PROJECTS) {
    const args = [path.join(compiler, 'bin', 'tsc'), '-p', project]
    const { status, output } = await run(process.execPath, args, { cwd: root })
    if (status !== 0) throw new Problem(`lib/ does not compile:\n${output.trim()}`)
  }
  removeStale(root, sources)
  fs.writeFileSync(path.join(root, BROWSER, 'package.json'), '{ "type": "module" }\n')
  const commandLine = path.join(root, 'dist', 'cli', 'index.js')
  if (fs.existsSync(commandLine)) fs.chmodSync(commandLine, 0o755)
  stamp.write(namesUnder(root, 'dist', /\.[cm]?[jt]s$/))
  line(`Compiled lib/ in ${duration(Date.now() - started)}`)
}

/** The files under a folder, relative to the root. @param {string} root @param {string} folder @param {RegExp} pattern */
function namesUnder(root, folder, pattern) {
  return filesUnder(path.join(root, folder), pattern).map(name => path.join(folder, name))
}

/** Removes what an earlier compilation made of sources that are gone. @param {string} root @param {string[]} sources */
function removeStale(root, sources) {
  const made = sources.flatMap(name => {
    const base = path.join('dist', path.relative('lib', name)).replace(/\.[cm]?ts$/, '')
    const kind = /\.([cm]?)ts$/.exec(name)?.[1]
    return [`${base}.${kind}js`, `${base}.d.${kind}ts`].flatMap(file => [file, `${file}.map`])
  })
  const wanted = new Set(made)
  for (const name of namesUnder(root, 'dist', /\.([cm]?[jt]s|map)$/)) {
    if (!wanted.has(name) && !name.startsWith(BROWSER)) fs.rmSync(path.join(root, name))
  }
}

module.exports = { buildLibrary }
