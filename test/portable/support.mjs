import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach } from 'node:test'
import { DCGAN } from '../../dist/index.mjs'

const home = mkdtempSync(join(tmpdir(), 'dcgan-portable-'))
let files = 0
after(() => rmSync(home, { recursive: true, force: true }))

const owned = []
afterEach(() => Promise.all(owned.splice(0).map(each => each.dispose())))

/** Disposed of after the test. */
export function kept(each) {
  owned.push(each)
  return each
}

export function tiny(hparams) {
  return kept(new DCGAN({ batchSize: 4, seed: 7, device: 'cpu', outputDim: 2, threads: 1, ...hparams }))
}

/** The path of a file that is not there yet. */
export function path(ending) {
  return join(home, `${++files}${ending}`)
}

/** Images with a bright bar each, and labels from 0 to 9. */
export function bars(count) {
  const images = new Uint8Array(count * 784)
  for (let i = 0; i < count; i++) images.fill(255 - i, i * 784 + (i % 20) * 28, i * 784 + ((i % 20) + 2) * 28)
  return {
    images,
    labels: Uint8Array.from({ length: count }, (_, i) => i % 10),
    count,
    width: 28,
    height: 28,
  }
}

export function largestDifference(a, b) {
  assert.equal(a.length, b.length)
  return a.reduce((most, level, i) => Math.max(most, Math.abs(level - b[i])), 0)
}

/** The code and the message that a promise rejects with. */
export async function failure(promise) {
  return promise.then(
    () => assert.fail('it resolved'),
    ({ code, message }) => ({ code, message }),
  )
}
