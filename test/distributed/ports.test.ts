import { networkInterfaces } from 'node:os'
import { ranks, results } from './support'

// Where the processes of a run listen, and what strangers who connect there can do.

jest.setTimeout(300_000)

/** Trains, and prints the addresses at which this process listens. */
const LISTENING = `
  const { readdirSync, readFileSync, readlinkSync } = require('node:fs')
  const own = () => new Set(readdirSync('/proc/self/fd').flatMap(fd => {
    try { return [/socket:\\[(\\d+)\\]/.exec(readlinkSync('/proc/self/fd/' + fd))?.[1]] } catch { return [] }
  }))
  const listening = () => ['tcp', 'tcp6'].flatMap(kind => readFileSync('/proc/self/net/' + kind, 'utf8').split('\\n'))
    .map(line => line.trim().split(/ +/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && own().has(inode))
    .map(([, address]) => address.split(':')[0])
  const train = async () => {
    const gan = model({ distributed: 'env' })
    await gan.trainEpoch(images(8))
    console.log(JSON.stringify([...new Set(listening())]))
    await gan.dispose()
  }`

/** An IPv4 address as Linux lists it, on a processor that stores the last byte first. */
const listed = (address: string) =>
  Buffer.from(address.split('.').map(Number).reverse()).toString('hex').toUpperCase()

const outside = Object.values(networkInterfaces())
  .flatMap(addresses => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['localhost', '127.0.0.1'],
  ...(outside === undefined ? [] : [[outside, outside] as [string, string]]),
])('with MASTER_ADDR=%s, all processes listen at that address alone', async (name, address) => {
  const ended = await ranks(2, `${LISTENING}; train()`, { env: () => ({ MASTER_ADDR: name }) })
  expect(results<string[]>(ended)).toEqual([[listed(address)], [listed(address)]])
})

test('strangers who connect and say nothing keep no process from joining', async () => {
  const script = `${LISTENING}
    const { connect } = require('node:net')
    const stranger = () => new Promise(resolve => {
      const socket = connect(process.env.MASTER_PORT, '127.0.0.1', () => resolve(socket))
      socket.on('error', () => setTimeout(() => resolve(stranger()), 50))
    })
    const strangers = async () => {
      const sockets = []
      while (sockets.length < 300) sockets.push(await stranger())
      await train()
      for (const socket of sockets) socket.destroy()
    }
    process.env.RANK === '0' ? train() : strangers()`
  expect(results(await ranks(2, script))).toHaveLength(2)
})
