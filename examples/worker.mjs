// A model in a worker, which hands its pixels over without a copy: node examples/worker.mjs [seed]
// A model has a thread of its own already; a worker is for what you do with the images, such as large pictures.
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { DCGAN } from 'libtorch-dcgan'

if (isMainThread) {
  const seed = Number(process.argv[2] ?? 42)
  const worker = new Worker(new URL(import.meta.url), { workerData: { count: 100, seed } })
  const [png] = await once(worker, 'message')
  await writeFile('hundred.png', png)
  console.log(`hundred.png: 100 digits of seed ${seed}`)
} else {
  const { count, seed } = workerData
  const gan = await DCGAN.pretrained()
  const digits = await gan.sample(count, { seed })
  const png = Uint8Array.from(await digits.grid({ scale: 4 }))
  await gan.dispose()
  parentPort.postMessage(png, [png.buffer])
}
