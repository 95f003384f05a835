import { networkInterfaces } from 'node:os'
import { run } from '../process/child'
import { ranks, results } from './support'

// The ports on which the processes of a run listen, and strangers who connect there.

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

/**
 * Messages that strangers send at the port, as hexadecimal digits: 00 and four bytes begin LibTorch's protocol, and 01
 * sets a key.
 */
const PROTOCOL = '00cef7853c'
const SENT = [
  ...Array.from({ length: 300 }, () => ''),
  '00',
  PROTOCOL,
  `${PROTOCOL}01`,
  `${PROTOCOL}010500000000000000`,
  `${PROTOCOL}01ffffffffffffff7f`,
  `${PROTOCOL}0bffffffffffffffff`,
  `${PROTOCOL}ff`,
  Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n').toString('hex'),
]

test('strangers who connect, send nothing or parts of messages and stay keep no process from joining, and change no result', async () => {
  const train = `
    const train = async hparams => {
      const gan = model(hparams)
      const { discLosses, genLosses } = await gan.trainEpoch(images(12))
      await gan.dispose()
      console.log(JSON.stringify([...discLosses, ...genLosses]))
    }`
  const alone = run(`${train}; train()`)
  const ended = await ranks(
    2,
    `${train}
    const { connect } = require('node:net')
    const opened = () => new Promise(resolve => {
      const again = () => setTimeout(() => resolve(opened()), 50)
      const socket = connect(process.env.MASTER_PORT, '127.0.0.1', () => {
        // The other process may close the connection.
        socket.off('error', again).on('error', () => {})
        resolve(socket)
      })
      socket.on('error', again)
    })
    const strangers = async () => {
      const sockets = []
      for (const bytes of ${JSON.stringify(SENT)}) {
        const socket = await opened()
        sockets.push(socket)
        if (bytes) await new Promise(resolve => socket.write(Buffer.from(bytes, 'hex'), resolve))
      }
      // A slow process: the request for an answer, 0d and a number, comes 5 seconds after its first byte.
      const slow = await opened()
      slow.write(Buffer.from('${PROTOCOL}0d01', 'hex'))
      await later(5000)
      slow.write(Buffer.from('020304', 'hex'))
      const [answer] = await require('node:events').once(slow, 'data')
      if (answer.toString('hex') !== '01020304') throw new Error('not answered: ' + answer.toString('hex'))
      await train({ distributed: 'env' })
      for (const socket of [slow, ...sockets]) socket.destroy()
    }
    process.env.RANK === '0' ? train({ distributed: 'env' }) : strangers()`,
  )
  const [expected] = results<number[]>([await alone])
  const all = results<number[]>(ended)
  expect(all).toHaveLength(2)
  for (const losses of all) {
    expect(losses).toHaveLength(6)
    losses.forEach((loss, i) => {
      expect(loss).toBeCloseTo(expected?.[i] as number, 3)
    })
  }
})
