import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readState } from '../../lib/checkpoint/index.js'
import { DCGAN } from '../../lib/dcgan.js'
import { bytesOf, temporaryFolder } from './states.js'

/** A Python with torch, numpy and safetensors. */
const python = process.env.DCGAN_PYTHON
const folder = temporaryFolder()
const file = (name: string) => join(folder, name)

/** The programs of docs/state-file.md by the name in their first line. */
function programs(): Map<string, string> {
  const text = readFileSync(join(__dirname, '../../docs/state-file.md'), 'utf8')
  const blocks = [...text.matchAll(/```python\n# (\w+\.py).*\n([\s\S]*?)```/g)]
  return new Map(blocks.map(([, name, code]) => [name as string, code as string]))
}

const images = new Uint8Array(40 * 784).map((_, i) => (i * 31 + (i >> 7)) % 256)
const latents = Float32Array.from({ length: 25 * 100 }, (_, i) => Math.sin(i * i) * 2)

;(python === undefined ? it.skip : it)(
  'PyTorch loads the generator and makes the same 25 images',
  async () => {
    const gan = new DCGAN({ seed: 7, batchSize: 8, device: 'cpu', threads: 1 })
    try {
      await gan.trainEpoch({ images, count: 40, width: 28, height: 28 })
      await gan.save(file('digits.safetensors'), { only: 'generator' })
      writeFileSync(file('latents.f32'), latents)
      const code = programs()
      writeFileSync(file('all.py'), `${code.get('load.py')}\n${code.get('save.py')}`)
      execFileSync(python as string, ['all.py'], { cwd: folder })

      const theirs = readFileSync(file('pixels.u8'))
      const { pixels } = await gan.sample(25, { latents })
      expect(theirs.length).toBe(25 * 784)
      expect(
        Math.max(...pixels.map((level, i) => Math.abs(level - (theirs[i] as number)))),
      ).toBeLessThanOrEqual(1)
      expect(new Set(pixels).size).toBeGreaterThan(20)

      const mine = await readState(file('mine.safetensors'))
      const ours = bytesOf((await readState(file('digits.safetensors'))).state)
      expect(mine.kind).toBe('generator')
      for (const [name, bytes] of bytesOf(mine.state))
        expect([name, ours.get(name)?.equals(bytes)]).toEqual([name, true])
    } finally {
      await gan.dispose()
    }
  },
)
