// Runs the code of the documents, one job after the other in one process, so that LibTorch is loaded once.
// node run-jobs.mjs <jobs.json> <results.json>
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer, Server } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

const require = createRequire(import.meta.url)
const root = new URL('../..', import.meta.url).pathname
const [jobsFile, resultsFile] = process.argv.slice(2)

// A server of a document takes any free port: the one that it names may be in use here.
const servers = []
const { listen } = Server.prototype
Server.prototype.listen = function (_port, ...rest) {
  servers.push(this)
  return listen.call(this, 0, ...rest.filter(argument => typeof argument === 'function'))
}

let rejection
process.on('unhandledRejection', error => {
  rejection ??= error
})

async function get(url) {
  const response = await fetch(url)
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`GET ${url} answers ${response.status}`)
}

const KINDS = {
  module: ({ file }) => import(pathToFileURL(file).href),
  cli({ args }) {
    const { createProgram } = require(`${root}/dist/cli/program.js`)
    return createProgram().parseAsync(args, { from: 'user' })
  },
  /** Of set-up and doctor, only the flags are checked. */
  flags({ script, args }) {
    const { createProgram } = require(`${root}/dist/cli/program.js`)
    const { options } = createProgram().commands.find(command => command.name() === script)
    const unknown = args.find(arg => arg.startsWith('-') && !options.some(({ long }) => long === arg))
    if (unknown !== undefined) throw new Error(`${script} has no flag ${unknown}`)
  },
  /** A test runs in a test runner, from the folder where its application has the package. */
  jest({ file, folder }) {
    const jest = `${root}/node_modules/jest/bin/jest.js`
    const ended = spawnSync(process.execPath, [jest, '--config', '{}', '--rootDir', folder, file], {
      encoding: 'utf8',
    })
    if (ended.status !== 0) throw new Error(ended.stderr)
  },
  /** A server that has processes of its own is run as its reader would, and ended when it has answered. */
  async process({ file }) {
    const probe = createServer().listen(0)
    await once(probe, 'listening')
    const { port } = servers.pop().address()
    probe.close()
    const child = spawn(process.execPath, [file], { env: { ...process.env, PORT: port } })
    const closed = once(child, 'close')
    try {
      for (;;) {
        if (child.exitCode !== null) throw new Error(`exit code ${child.exitCode}`)
        const answered = await get(`http://127.0.0.1:${port}/`).then(
          () => true,
          () => false,
        )
        if (answered) break
        await setTimeout(50)
      }
    } finally {
      child.kill()
      await closed
    }
  },
}

async function run(job) {
  process.chdir(job.folder)
  await KINDS[job.kind](job)
  if (process.exitCode) throw new Error(`exit code ${process.exitCode}`)
  for (const server of servers) {
    while (!server.listening) await setTimeout(5)
    await get(`http://127.0.0.1:${server.address().port}/`)
  }
  if (rejection !== undefined) throw rejection
}

const results = []
for (const job of JSON.parse(readFileSync(jobsFile, 'utf8'))) {
  const begin = performance.now()
  const error = await run(job).then(
    () => undefined,
    thrown => String(thrown?.stack ?? thrown),
  )
  results.push({ id: job.id, error, milliseconds: Math.round(performance.now() - begin) })
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
  process.exitCode = 0
  process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT')
  rejection = undefined
}
writeFileSync(resultsFile, JSON.stringify(results))
process.exit(0)
