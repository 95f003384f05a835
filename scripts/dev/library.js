'use strict'

const fs = require('node:fs')
const path = require('node:path')
const {
  filesUnder,
  measure,
  readStamp,
  sameContent,
  snapshot,
  untouched,
  writeStamp,
} = require('../files/stamp.js')
const { Problem } = require('../problem.js')
const { run } = require('../run.js')
const { duration } = require('../terminal.js')

// For Node.js, and for browsers as ES modules of their own.
const PROJECTS = ['tsconfig.build.json', 'tsconfig.browser.json']
const CONFIGURATION = ['tsconfig.json', ...PROJECTS, 'package.json']
const BROWSER = path.join('dist', 'browser', path.sep)
const COMMAND_LINE = path.join('dist', 'cli', 'index.js')

/**
 * Compiles a clone's `lib/` to `dist/` where it changed.
 *
 * @param {string} root
 * @param {import('../terminal.js').Output} terminal
 * @returns {Promise<boolean>} whether anything was done
 */
async function buildLibrary(root, terminal) {
  const stampFile = path.join(root, 'node_modules', '.cache', 'libtorch-dcgan', 'library.json')
  const before = readStamp(stampFile)
  const compiler = path.join(root, 'node_modules', 'typescript', 'package.json')
  const { version } = JSON.parse(fs.readFileSync(compiler, 'utf8'))
  const sources = filesUnder(root, ['lib'], /\.[cm]?ts$/)
  const inputs = snapshot(root, [...sources, ...CONFIGURATION], before?.inputs)
  if (
    before !== undefined &&
    before.facts.typescript === version &&
    sameContent(inputs, before.inputs) &&
    untouched(root, before.outputs)
  ) {
    return false
  }
  const started = Date.now()
  fs.rmSync(stampFile, { force: true })
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  fs.rmSync(path.join(root, BROWSER), { recursive: true, force: true })
  for (const project of PROJECTS) {
    const { status, output } = await run(process.execPath, [tsc, '-p', project], { cwd: root })
    if (status !== 0)
      throw new Problem(`lib/ does not compile:\n${output.trim()}`, 'Mend it, then run the set-up again.')
  }
  removeStale(root, sources)
  fs.writeFileSync(path.join(root, BROWSER, 'package.json'), '{ "type": "module" }\n')
  if (fs.existsSync(path.join(root, COMMAND_LINE))) fs.chmodSync(path.join(root, COMMAND_LINE), 0o755)
  const outputs = measure(root, filesUnder(root, ['dist'], /\.[cm]?[jt]s$/))
  writeStamp(stampFile, { inputs, outputs, facts: { typescript: version } })
  terminal.line(`Compiled lib/ in ${duration(Date.now() - started)}`)
  return true
}

/**
 * Removes what an earlier compilation made from sources that are gone.
 *
 * @param {string} root
 * @param {string[]} sources
 */
function removeStale(root, sources) {
  const made = sources.flatMap(name => {
    const base = path.join('dist', path.relative('lib', name)).replace(/\.[cm]?ts$/, '')
    const kind = name.endsWith('.mts') ? 'm' : name.endsWith('.cts') ? 'c' : ''
    return [`${base}.${kind}js`, `${base}.d.${kind}ts`].flatMap(file => [file, `${file}.map`])
  })
  const wanted = new Set(made)
  for (const name of filesUnder(root, ['dist'], /\.([cm]?[jt]s|map)$/)) {
    if (!wanted.has(name) && !name.startsWith(BROWSER)) fs.rmSync(path.join(root, name))
  }
}

module.exports = { buildLibrary }
