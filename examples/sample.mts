// A digit that turns into another one, from TypeScript: node examples/sample.mts [from] [to]
// Node 22.18 and later run it as it is; before: npx tsx examples/sample.mts
import { writeFile } from 'node:fs/promises'
import { DCGAN, DcganError, type ImageBatch } from 'libtorch-dcgan'

async function morph(from: number, to: number): Promise<ImageBatch> {
  const gan = await DCGAN.pretrained()
  try {
    return await gan.interpolate(from, to, 24)
  } finally {
    await gan.dispose()
  }
}

const [from = 1, to = 2] = process.argv.slice(2).map(Number)
try {
  const frames = await morph(from, to)
  await writeFile('morph.gif', await frames.gif({ delay: 80, lastDelay: 800, scale: 6 }))
  console.log(`morph.gif: ${frames.count} frames from seed ${from} to seed ${to}`)
} catch (error) {
  if (!(error instanceof DcganError)) throw error
  console.error(`${error.code}: ${error.message}`)
  process.exitCode = 1
}
