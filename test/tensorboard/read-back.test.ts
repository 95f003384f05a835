import { execFileSync, spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DCGAN } from '../../lib/index'
import { bars, kept, tiny } from '../support/dcgan'
import { folder } from '../support/folder'
import { curve, readEvents } from './event-files'

/** A Python with TensorBoard. */
const python = process.env.DCGAN_PYTHON ?? ''
const there = python !== '' && spawnSync(python, ['-c', 'import tensorboard']).status === 0

;(there ? test : test.skip)(
  'TensorBoard reads what a stopped run, its continuation and an evaluation wrote',
  async () => {
    const out = folder()
    const runs = join(out, 'runs')
    const path = join(out, 'checkpoint.safetensors')
    const dataset = bars(16)
    const options = { dataset, outputDir: out, tensorboard: runs }
    const first = tiny({ epochs: 3, verboseFreq: 4, r1: 1 })
    await first.train({ ...options, checkpoint: { path }, maxSteps: 6 })
    await first.train({ ...options, maxSteps: 3 })
    const second = kept(await DCGAN.load(path))
    const { snapshots } = await second.train(options)
    await second.evaluate({ count: 30, dataset, floorDataset: bars(32, 16), tensorboard: runs })

    const { curves, pictures } = JSON.parse(
      execFileSync(python, [join(__dirname, 'read_back.py'), runs], { encoding: 'utf8', stdio: 'pipe' }),
    )
    const tags = new Set(readEvents(runs).flatMap(({ scalars }) => Object.keys(scalars)))
    expect(new Set(Object.keys(curves))).toEqual(tags)
    for (const tag of tags) expect([tag, curves[tag]]).toEqual([tag, curve(runs, tag)])
    expect(curves['loss/generator'].map(([step]: number[]) => step)).toEqual(
      Array.from({ length: 12 }, (_, i) => i + 1),
    )
    expect(curves['evaluation/precision']).toHaveLength(1)
    expect(pictures.snapshot.map(([step]: number[]) => step)).toEqual([0, 4, 6, 8, 12])
    expect(pictures.snapshot.at(-1)).toEqual([12, 56, 56, statSync(snapshots.at(-1) as string).size])
  },
)
