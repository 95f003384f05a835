import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { decodePng } from '../images/decoders'
import { temporary } from '../support/folder'
import { App, tarball } from './support'

// npm installs a hundred packages for each.
jest.setTimeout(600_000)

/** The examples of the packed tarball. */
function examples(): string {
  const folder = temporary()
  execFileSync('tar', ['-xzf', tarball().tarball, '-C', folder])
  return path.join(folder, 'package', 'examples')
}

test('the backend that is copied out of the package starts, without LibTorch and without the clone', async () => {
  const app = new App('server')
  fs.rmSync(app.path('package-lock.json'))
  fs.cpSync(path.join(examples(), 'backend'), app.folder, { recursive: true })
  const installed = await app.install({}, '--ignore-scripts')
  expect({ status: installed.status, stderr: installed.status === 0 ? '' : installed.stderr }).toEqual({
    status: 0,
    stderr: '',
  })
  expect(fs.lstatSync(app.path('node_modules', 'libtorch-dcgan')).isSymbolicLink()).toBe(false)
  const server = spawn('npm', ['start'], {
    cwd: app.folder,
    env: { ...process.env, PORT: '0', HOST: '127.0.0.1', LIBTORCH_DCGAN_HOME: app.home },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, because npm starts a shell, and that the server.
    detached: true,
  })
  try {
    let said = ''
    const address = await new Promise<string>((resolve, reject) => {
      for (const stream of [server.stdout, server.stderr]) {
        stream.setEncoding('utf8').on('data', text => {
          said += text
          const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(said) ?? []
          if (found !== undefined) resolve(found)
        })
      }
      server.once('close', () => reject(new Error(said)))
    })
    const answer = await fetch(`${address}/digits/7.png?seed=42`, { headers: { connection: 'close' } })
    expect(answer.status).toBe(200)
    expect(decodePng(Buffer.from(await answer.arrayBuffer()))).toMatchObject({ width: 28, height: 28 })
  } finally {
    process.kill(-(server.pid as number), 'SIGKILL')
  }
})

test('captcha.mjs draws six digits that it names, with sharp', async () => {
  const app = new App('captcha')
  const { status, stderr } = await app.install({}, '--ignore-scripts', 'sharp')
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
  fs.cpSync(path.join(examples(), 'captcha.mjs'), app.path('captcha.mjs'))
  const draw = async (seed: string) => {
    const { stdout } = await app.node(['captcha.mjs', seed])
    expect(stdout).toMatch(/^captcha\.png shows \d{6}\n$/)
    const { width, height, levels } = decodePng(fs.readFileSync(app.path('captcha.png')))
    expect([width, height]).toEqual([380, 104])
    return { stdout, inkOf: inkIn(levels, width) }
  }
  const [first, second] = [await draw('1'), await draw('2')]
  expect(second.stdout).not.toBe(first.stdout)
  // Each digit has its place of 58 pixels, with dark strokes on light paper.
  for (const { inkOf } of [first, second]) {
    const ink = Array.from({ length: 6 }, (_, i) => inkOf(8 + i * 58, 66 + i * 58))
    for (const share of ink) expect(share).toBeGreaterThan(0.03)
    expect(inkOf(372, 380)).toBeLessThan(0.02)
  }
})

/** Returns how many pixels of some columns are dark. */
function inkIn(levels: readonly number[], width: number) {
  return (from: number, to: number) => {
    const column = (level: number, i: number) => i % width >= from && i % width < to && level < 96
    const dark = levels.filter(column).length
    return dark / ((to - from) * (levels.length / width))
  }
}
