// npm run bench -- [name] [its options]: the measurements of this folder. Without a name: this library and its rivals.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** `server`: examples/backend is built first. */
const MEASUREMENTS = {
  agreement: { file: 'agreement.js' },
  products: { file: 'products.js' },
  queue: { file: 'queue.js' },
  replicas: { file: 'serve/replicas.js', server: true },
  scaling: { file: 'scaling.js' },
  serve: { file: 'serve/load.js', server: true },
  soak: { file: 'soak.js', flags: ['--expose-gc'] },
}

function run(program, args) {
  const { status } = spawnSync(program, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

const [name = '', ...args] = process.argv.slice(2)
const named = Object.hasOwn(MEASUREMENTS, name)
if (name !== '' && !named && !name.startsWith('-')) {
  console.error(
    `There is no measurement ${name}. Name one of ${Object.keys(MEASUREMENTS).join(', ')}, or none`,
  )
  process.exit(2)
}
const { file, server = false, flags = [] } = named ? MEASUREMENTS[name] : { file: 'bench.js' }
const path = relative => fileURLToPath(new URL(relative, import.meta.url))
if (server) run('npm', ['run', '--silent', '--prefix', path('../examples/backend'), 'prestart'])
run(process.execPath, [...flags, path(file), ...(named ? args : process.argv.slice(2))])
