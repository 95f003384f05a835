import fs from 'node:fs'
import path from 'node:path'
import { loadMnist } from '../../lib/index.js'
import { App, libtorch, ROOT, tarball } from '../package/support'

const { emulatedNode } = require('./sandbox.js')
const { crossBuild } = require('../../tools/cross/build.js')

// Compiles, and emulates the processor: `npm run check -- arm64`, a quarter of an hour on linux-x64.
const full = process.env.ARM64_TEST === 'full' ? describe : describe.skip
jest.setTimeout(3_600_000)

interface Losses {
  disc: number[]
  gen: number[]
}

full('the packed addon on linux-arm64', () => {
  /** Of losses on two kinds of processor; they are about 1.4 and 0.7. */
  const TOLERANCE = 1e-4
  const IMAGES = 20
  const measured: string[] = []
  let app: App
  let platforms: Record<'x64' | 'arm64', { node: string; libtorch: string }>
  let x64: { first: Losses; second: Losses }
  let arm64: { first: Losses; second: Losses }

  beforeAll(async () => {
    const cross = await crossBuild('linux-arm64')
    platforms = {
      x64: { node: process.execPath, libtorch: libtorch.folder },
      arm64: { node: emulatedNode(), libtorch: cross.libtorch.folder },
    }
    tarball({ 'linux-x64': path.join(ROOT, 'build', 'Release'), 'linux-arm64': cross.built })
    app = new App()
    const installed = await app.install({}, '--ignore-scripts')
    expect(installed).toMatchObject({ status: 0 })
    fs.copyFileSync(path.join(__dirname, 'program.mjs'), app.path('program.mjs'))
    const { images } = await loadMnist()
    fs.writeFileSync(app.path('images.bin'), images.subarray(0, IMAGES * 28 * 28))
  })

  afterAll(() => process.stdout.write(`${measured.map(line => `  ${line}\n`).join('')}`))

  /** What Node.js answers on a platform, with one thread: QEMU emulates them one after another. */
  async function on(arch: 'x64' | 'arm64', ...args: string[]) {
    const started = Date.now()
    const { node, libtorch } = platforms[arch]
    // Sampling needs no LibTorch.
    const LIBTORCH = args.includes('sample') ? '' : libtorch
    const ended = await app.run(node, args, { LIBTORCH, OMP_NUM_THREADS: '1' })
    measured.push(`linux-${arch}: ${args.join(' ')}: ${((Date.now() - started) / 1000).toFixed(1)} s`)
    return ended
  }

  async function answer(arch: 'x64' | 'arm64', ...args: string[]) {
    const { status, stdout, stderr } = await on(arch, 'program.mjs', ...args)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const { platform, ...rest } = JSON.parse(stdout)
    expect(platform).toBe(`linux-${arch}`)
    return rest
  }

  /** The largest difference of two runs' losses. */
  function difference(what: string, a: Losses, b: Losses): number {
    expect([a.disc.length, a.gen.length]).toEqual([IMAGES / 4, IMAGES / 4])
    const all = [a.disc.map((x, i) => x - Number(b.disc[i])), a.gen.map((x, i) => x - Number(b.gen[i]))]
    const largest = Math.max(...all.flat().map(Math.abs))
    measured.push(`${what}: losses differ by ${largest.toExponential(1)} at most`)
    return largest
  }

  test('comes in a tarball that is small', () => {
    const { files, size } = tarball()
    measured.push(`tarball with both addons: ${(size / 1e6).toFixed(2)} MB`)
    expect(size).toBeLessThan(7e6)
    for (const platform of ['linux-x64', 'linux-arm64']) {
      expect(files).toContain(`prebuilds/${platform}/dcgan.node`)
      expect(files).toContain(`prebuilds/${platform}/libdcgan_training.so`)
    }
  })

  test('samples the pretrained digits within one grey level of linux-x64', async () => {
    const [a, b] = [await answer('x64', 'sample'), await answer('arm64', 'sample')].map(({ pixels }) =>
      Buffer.from(pixels, 'base64'),
    ) as [Buffer, Buffer]
    expect(b.length).toBe(a.length)
    expect(new Set(a).size).toBeGreaterThan(100)
    const differences = a.map((pixel, i) => Math.abs(pixel - Number(b[i])))
    const other = differences.filter(Boolean).length
    measured.push(
      `sampled: ${other} of ${a.length} pixels differ, by ${Math.max(...differences)} grey levels at most`,
    )
    expect(Math.max(...differences)).toBeLessThanOrEqual(1)
  })

  test('trains: ten steps have the losses of linux-x64', async () => {
    x64 = await answer('x64', 'train', 'x64.safetensors')
    arm64 = await answer('arm64', 'train', 'arm64.safetensors')
    expect(difference('steps 1 to 5', x64.first, arm64.first)).toBeLessThan(TOLERANCE)
    expect(difference('steps 6 to 10', x64.second, arm64.second)).toBeLessThan(TOLERANCE)
  })

  test('continues from a state that linux-x64 saved, and linux-x64 from one that it saved', async () => {
    const there = await answer('arm64', 'resume', 'x64.safetensors')
    expect(difference('saved on x64, resumed on arm64', x64.second, there.second)).toBeLessThan(TOLERANCE)
    const back = await answer('x64', 'resume', 'arm64.safetensors')
    expect(difference('saved on arm64, resumed on x64', arm64.second, back.second)).toBeLessThan(TOLERANCE)
  })

  test('finds all well by doctor', async () => {
    const { stdout } = await on('arm64', 'node_modules/libtorch-dcgan/dist/cli/index.js', 'doctor', '--json')
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: { name: string; detail: string }[] }
    for (const { name, detail } of checks) measured.push(`doctor: ${name}: ${detail}`)
    expect(ok).toBe(true)
    const detail = (wanted: string) => checks.find(({ name }) => name === wanted)?.detail
    expect(detail('platform')).toMatch(/^linux-arm64, glibc /)
    expect(detail('addon')).toMatch(/^prebuilt, .*prebuilds\/linux-arm64\/dcgan\.node/)
    expect(detail('sampling')).toMatch(/^16 digits in .* engine native$/)
    expect(detail('training')).toMatch(/^2 steps on cpu/)
  })
})
