// Samples by portable, and compares with what reference.mjs wrote: the copy of an application's folder runs it.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { Generator } from 'libtorch-dcgan/portable'

const { seed, labels, pixels, latents } = JSON.parse(readFileSync('reference.json', 'utf8'))
// Looked at from inside: no caller sees the latent vectors of a seed.
const file = join(process.cwd(), 'node_modules', 'libtorch-dcgan', 'dist', 'portable', 'latents.js')
const { drawLatents } = createRequire(import.meta.url)(file)
const bytes = new Uint8Array(drawLatents(seed, 1000, 100).buffer)
assert.equal(createHash('sha1').update(bytes).digest('hex'), latents)

const { default: runtime } = await import(process.argv[2])
const generator = await Generator.pretrained({ runtime })
const batch = await generator.sample(labels.length, { seed, labels })
const expected = Buffer.from(pixels, 'base64')
assert.equal(batch.pixels.length, expected.length)
const most = batch.pixels.reduce((most, level, i) => Math.max(most, Math.abs(level - expected[i])), 0)
assert.ok(most <= 1, `${most} grey levels`)
assert.equal((await batch.grid()).subarray(1, 4).toString('latin1'), 'PNG')
await generator.dispose()
console.log(`${batch.count} images within one grey level`)
