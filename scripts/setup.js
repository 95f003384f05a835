// @ts-nocheck Set-up of a clone: installs its packages, compiles lib/ to dist/, and continues there.
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const at = (...names) => path.join(__dirname, '..', ...names)
const read = name => (fs.existsSync(at(name)) ? fs.readFileSync(at(name), 'utf8') : '{}')
const packagesOf = name => JSON.parse(read(name)).packages
const [MADE, STAMP] = [at('dist.tmp'), 'node_modules/.dist-stamp']
const PROJECTS = Object.entries({ 'tsconfig.build.json': MADE, 'tsconfig.browser.json': `${MADE}/browser` })

/** Runs a program. It holds the lock too, because set-up may be killed before the program ends. */
function run(what, [program, ...args], lock = 'ignore') {
  const options = { cwd: at(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe', lock] }
  const { status, output, error } = spawnSync(program, args, options)
  if (status === 0) return
  console.error(`error: ${what} (ERR_DCGAN_NATIVE_NOT_FOUND)\n${error?.message ?? output.join('').trim()}`)
  process.exit(1)
}

/** Returns whether npm has installed what the lock file lists. An optional package may be for another platform. */
function packagesInstalled() {
  const present = packagesOf('node_modules/.package-lock.json')
  return Object.entries(packagesOf('package-lock.json')).every(
    ([name, { version, integrity, optional, devOptional }]) => {
      const there = present?.[name] ?? (present && (optional || devOptional) ? { version, integrity } : {})
      return name === '' || (there.version === version && there.integrity === integrity)
    },
  )
}

/** Returns the times of what lib/ is compiled from, and of what was made of it. */
function state() {
  const names = [...PROJECTS.map(([name]) => name), 'tsconfig.json', 'package-lock.json']
  for (const folder of ['lib', 'dist'].filter(name => fs.existsSync(at(name))))
    names.push(...fs.readdirSync(at(folder), { recursive: true }).map(name => path.join(folder, name)))
  const files = names.sort().map(name => ({ name, stat: fs.statSync(at(name)) }))
  return JSON.stringify(files.map(({ name, stat }) => stat.isFile() && [name, stat.mtimeMs, stat.size]))
}

/** Compiles lib/ if it changed: for Node.js, and as ES modules for browsers. */
function compile(lock) {
  if (read(STAMP) === state()) return
  fs.rmSync(MADE, { recursive: true, force: true })
  const tsc = [process.execPath, at('node_modules/typescript/bin/tsc'), '--outDir']
  for (const [project, made] of PROJECTS) run('lib/ does not compile:', [...tsc, made, '-p', project], lock)
  fs.writeFileSync(`${MADE}/browser/package.json`, '{ "type": "module" }\n')
  fs.chmodSync(`${MADE}/cli/index.js`, 0o755)
  fs.rmSync(at('dist'), { recursive: true, force: true })
  fs.renameSync(MADE, at('dist'))
  fs.writeFileSync(at(STAMP), state())
  console.error('Compiled lib/')
}

/** Prepares the clone under a lock of flock(1): two set-ups at once, as of npm start and npm test, would disturb each other. */
function bootstrap() {
  if (packagesInstalled() && read(STAMP) === state()) return
  const lock = fs.openSync(at('.setup.lock'), 'a', 0o600)
  console.error('Installing packages and compiling lib/, unless another set-up does: then waiting for it')
  spawnSync('flock', ['--timeout', '3600', '0'], { stdio: [lock] })
  if (!packagesInstalled()) run('npm ci failed:', ['npm', 'ci', '--no-audit', '--no-fund'], lock)
  compile(lock)
  fs.closeSync(lock)
}

module.exports = { bootstrap, compile, packagesInstalled }
if (require.main === module) {
  bootstrap()
  process.argv.splice(2, 0, 'setup')
  require('../dist/cli/index.js')
}
