import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeState } from '../../lib/checkpoint/index'
import { ImageBatch, snapshotName } from '../../lib/images/index'
import { hparamsOf, makeState } from '../checkpoint/states'
import { decodeGif } from '../images/decoders'
import { sharedFolder } from '../support/folder'
import { run } from './child'

const folder = sharedFolder()

test('a resumed run takes up all snapshots before it where few files may be open at once', async () => {
  const BEFORE = 300
  const state = join(folder, 'state.safetensors')
  await writeState(state, makeState({ step: BEFORE, datasetCount: 0 }), hparamsOf())
  const png = await new ImageBatch(new Uint8Array(784)).grid()
  for (let step = 0; step < BEFORE; step++) writeFileSync(join(folder, snapshotName(step)), png)
  const ended = await run(
    `
    DCGAN.load(${JSON.stringify(state)}, { device: 'cpu', threads: 1, epochs: 2 }).then(async gan => {
      const { gif } = await gan.train({ dataset: images(2), outputDir: ${JSON.stringify(folder)} })
      console.log(gif)
      await gan.dispose()
    })`,
    { openFiles: 128 },
  )
  const gif = join(folder, 'output.gif')
  expect(ended).toMatchObject({ code: 0, stdout: `${gif}\n`, stderr: '' })
  // The run's own is the one after its last step.
  expect(decodeGif(readFileSync(gif)).frames).toHaveLength(BEFORE + 1)
})
