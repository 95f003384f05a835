import { parentPort } from 'node:worker_threads'
import { firstBytes, withRegularFile } from '../internal/regular-file.js'
import { backgroundOf, decodePicture, fitted } from './picture.js'

// The program of the thread that PictureReader starts. It gets the paths of files, one at a time.

/** A picture of 28×28 grey levels, and the mean level along its edges. */
export interface Picture {
  pixels: Uint8Array
  background: number
}

/** The answer to a path: the picture, or what is wrong with the file. */
export type Answer = Picture | { wrong: string }

/** Larger files are no pictures of 28×28. */
const MAX_BYTES = 2 ** 26

async function answerTo(path: string): Promise<Answer> {
  try {
    const bytes = await withRegularFile(path, async open => {
      if (open.stats.size > MAX_BYTES) throw new Error(`larger than ${MAX_BYTES} bytes`)
      return firstBytes(open, MAX_BYTES)
    })
    const image = fitted(decodePicture(bytes))
    return { pixels: image.pixels, background: backgroundOf(image) }
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) }
  }
}

parentPort?.on('message', async (path: string) => parentPort?.postMessage(await answerTo(path)))
parentPort?.postMessage('ready')
