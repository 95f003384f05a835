import fs from 'node:fs'
import path from 'node:path'
import { nvidiaWheels, releaseFor } from '../../lib/setup/catalogue.js'
import { temporary, write } from '../support/folder'
import { fakePip, fetchInto, pretend } from './fetch-support'
import { makeWheel, sha256, zip } from './support'

const ALLOW = { LIBTORCH_DCGAN_ALLOW_UNPINNED: '1' }
// A mirror that cannot be reached: pip runs.
const OFFLINE = { LIBTORCH_DCGAN_MIRROR: 'http://127.0.0.1:2' }
const onLinux = process.platform === 'linux' ? describe : describe.skip

let home: string
beforeEach(() => {
  home = temporary()
})

const entries = () =>
  fs.readdirSync(path.join(home, 'cache')).filter(name => !['downloads', 'lock'].includes(name))

onLinux('a wheel of pip', () => {
  test('with another name than the pinned one is refused by its SHA-256, with the ways out', async () => {
    fakePip(home, { 'torch-2.13.0-renamed.whl': makeWheel() })
    const { status, stderr } = await fetchInto(home, {}, OFFLINE)
    expect(status).toBe(1)
    expect(stderr).toContain(
      `pip gave torch-2.13.0-renamed.whl, which is not PyTorch's: its SHA-256 is ${sha256(makeWheel())}, not `,
    )
    expect(stderr).toMatch(/LIBTORCH=[\s\S]*LIBTORCH_DCGAN_ALLOW_UNPINNED=1 npx libtorch-dcgan setup/)
    expect(entries()).toEqual([])
  })

  test('is taken as it is where the user allows it, and its SHA-256 is shown', async () => {
    fakePip(home, { 'torch-2.13.0-renamed.whl': makeWheel() })
    const { status, stderr } = await fetchInto(home, {}, { ...OFFLINE, ...ALLOW })
    expect(stderr).toContain(`SHA-256 ${sha256(makeWheel())} (not pinned`)
    expect(status).toBe(0)
  })

  test('that was taken so does not stand in for the pinned one later', async () => {
    fakePip(home, { 'torch-2.13.0-renamed.whl': makeWheel() })
    expect((await fetchInto(home, {}, { ...OFFLINE, ...ALLOW })).status).toBe(0)
    expect((await fetchInto(home, {}, { ...OFFLINE, ...ALLOW })).stderr).toBe('')
    expect((await fetchInto(home, {}, OFFLINE)).stderr).toMatch(/is not PyTorch's/)
  })
})

onLinux('NVIDIA’s wheels', () => {
  const torch = makeWheel('2.14.1', { cuda: true })
  const library = zip([{ name: 'nvidia/cu13/lib/libcudart.so.13', data: 'x' }])
  /** The made-up wheel in place of the catalogue's, and this library in place of NVIDIA's. */
  const withLibrary = (hash: string) => `${pretend(torch)}
    catalogue.nvidiaWheels = () => ({ 'nvidia-cudart==13': '${hash}' })`

  test('are known for each release with CUDA, in exact versions', () => {
    for (const platform of ['linux-x64', 'linux-arm64']) {
      const wheels = Object.entries(nvidiaWheels(releaseFor('cuda', platform).machine))
      expect(wheels.map(([name]) => name.replace(/==.*/, ''))).toEqual(
        expect.arrayContaining(['nvidia-cudnn-cu13', 'nvidia-cublas', 'nvidia-cuda-crt', 'nvidia-nvjitlink']),
      )
      for (const [requirement, hash] of wheels) {
        expect(requirement).toMatch(/^nvidia-[a-z0-9-]+==\d[\d.]*$/)
        expect(hash).toMatch(/^[0-9a-f]{64}$/)
      }
    }
  })

  test('are requested by exact version, without dependencies, and taken with the pinned SHA-256', async () => {
    const log = fakePip(home, { 'nvidia.whl': library })
    const from = write(home, 'torch.whl', torch)
    const { status } = await fetchInto(home, { from }, {}, withLibrary(sha256(library)))
    expect(status).toBe(0)
    expect(fs.readFileSync(log, 'utf8')).toMatch(/--no-deps .* nvidia-cudart==13$/m)
  })

  test('with another SHA-256 are refused by name, and nothing of them stays', async () => {
    fakePip(home, { 'nvidia_cudart-13.whl': library })
    const from = write(home, 'torch.whl', torch)
    const { status, stderr } = await fetchInto(home, { from }, {}, withLibrary('0'.repeat(64)))
    expect(status).toBe(1)
    expect(stderr).toContain(
      `pip gave nvidia_cudart-13.whl, which is not NVIDIA's: its SHA-256 is ${sha256(library)}`,
    )
    expect(entries()).toEqual([])
  })

  test('that an interrupted set-up left are not taken for those of this one', async () => {
    fakePip(home, { 'nvidia.whl': library })
    write(home, 'cache/downloads/nvidia/nvidia_old.whl', 'left behind')
    const from = write(home, 'torch.whl', torch)
    expect((await fetchInto(home, { from }, {}, withLibrary(sha256(library)))).status).toBe(0)
  })

  test('of another LibTorch than set-up’s are refused, with the ways out', async () => {
    const log = fakePip(home, { 'nvidia.whl': library })
    const from = write(home, 'torch.whl', torch)
    const { status, stderr } = await fetchInto(home, { from })
    expect(status).toBe(1)
    expect(stderr).toContain(`${from} needs wheels of NVIDIA's libraries`)
    expect(stderr).toMatch(
      /pip install torch==2\.14\.1, and set LIBTORCH_USE_PYTORCH=1[\s\S]*ALLOW_UNPINNED=1/,
    )
    expect(fs.existsSync(log)).toBe(false)
    const allowed = await fetchInto(home, { from }, ALLOW)
    expect(allowed.stderr).toContain(`downloaded nvidia.whl, 1 kB, SHA-256 ${sha256(library)}`)
    expect(allowed.status).toBe(0)
  })
})
