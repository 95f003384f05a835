import { run } from './child'

test('a cluster serves from a model in each process, and continues when one of them is killed', async () => {
  const ended = await run(`
    const cluster = require('node:cluster')
    const http = require('node:http')
    const { once } = require('node:events')
    const { join } = require('node:path')
    const file = join(__dirname, 'digits.safetensors')

    /** Serves the hash of a seed's image until the primary lets it go. */
    async function serve() {
      const gan = await DCGAN.load(file, { threads: 1 })
      const server = http.createServer(async (request, response) => {
        const { pixels } = await gan.sample(1, { seed: Number(request.url.slice(1)) })
        response.end(process.pid + ' ' + require('node:crypto').createHash('sha256').update(pixels).digest('hex'))
      })
      server.listen(0)
      process.on('disconnect', () => server.close(() => gan.dispose()))
    }

    /** A worker's number and its answer. */
    async function request(port, seed, signal) {
      const options = { headers: { connection: 'close' }, signal }
      const response = await fetch('http://127.0.0.1:' + port + '/' + seed, options)
      return (await response.text()).split(' ')
    }

    async function main() {
      // The primary has LibTorch and its threads loaded already; a worker of a cluster is a new process.
      const gan = model()
      await gan.save(file, { only: 'generator' })
      const workers = [1, 2, 3].map(() => cluster.fork())
      const ports = await Promise.all(workers.map(async worker => (await once(worker, 'listening'))[0].port))
      const round = async signal => {
        const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => request(ports[0], i % 2, signal)))
        const hashes = [0, 1].map(seed => new Set(answers.filter((_, i) => i % 2 === seed).map(([, hash]) => hash)))
        return { pids: [...new Set(answers.map(([pid]) => Number(pid)))].sort(), hashes: hashes.map(({ size }) => size) }
      }
      const pids = workers.map(worker => worker.process.pid)
      const before = await round()
      console.log(new Set(ports).size, String(before.pids) === String([...pids].sort()), ...before.hashes)

      // Connections on their way to a process that is killed are lost, and Node.js does not close them.
      const stop = new AbortController()
      const busy = round(stop.signal).catch(error => error)
      workers[0].process.kill('SIGKILL')
      await once(workers[0], 'exit')
      stop.abort()
      await busy
      const after = await round()
      console.log(String(after.pids) === String(pids.slice(1).sort()), ...after.hashes)

      const exits = workers.slice(1).map(worker => once(worker, 'exit'))
      for (const worker of workers.slice(1)) worker.disconnect()
      console.log(...(await Promise.all(exits)).flat())
    }

    if (cluster.isPrimary) main()
    else serve()
  `)
  expect(ended).toMatchObject({
    code: 0,
    signal: null,
    stderr: '',
    stdout: '1 true 1 1\ntrue 1 1\n0 null 0 null\n',
  })
})
