import { setImmediate } from 'node:timers/promises'
import { lengthOf } from '../internal/typed-arrays.js'
import type { Dataset } from './dataset.js'

const WORD = 8
/** Bytes that are hashed before other work may run. */
const PIECE = 2 ** 22
const HIGH = 2 ** 32
/** FNV-1a's basis 0xcbf29ce484222325, and the low part of its prime 2⁴⁰ + 0x1b3. */
const BASIS: Hash = [0xcbf29ce4, 0x84222325]
const PRIME_LOW = 0x1b3

/** A number of 64 bits in two halves. */
type Hash = readonly [high: number, low: number]

/**
 * Computes the fingerprint that state files keep of a data set: a port of `MiniBatches::hash_of`. It covers the images,
 * and the labels for a model with classes.
 */
export async function fingerprintOf({ images, labels }: Dataset, classes: number): Promise<string> {
  let hash = await fnv1a(images, BASIS)
  if (classes > 0) hash = await fnv1a(labels, hash)
  return hash.map(part => part.toString(16).padStart(8, '0')).join('')
}

/** FNV-1a, but eight bytes at a time, from a basis that has the length in it. */
async function fnv1a(bytes: Uint8Array, [high, low]: Hash): Promise<Hash> {
  const length = lengthOf(bytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, length)
  let hash: Hash = [high, (low ^ length) >>> 0]
  let at = 0
  for (const whole = length - (length % WORD); at < whole; await setImmediate()) {
    const end = Math.min(whole, at + PIECE)
    for (; at < end; at += WORD) hash = mixed(hash, view.getUint32(at + 4, true), view.getUint32(at, true))
  }
  for (; at < length; at++) hash = mixed(hash, 0, view.getUint8(at))
  return hash
}

function mixed([high, low]: Hash, wordHigh: number, wordLow: number): Hash {
  const [h, l] = [(high ^ wordHigh) >>> 0, (low ^ wordLow) >>> 0]
  const product = l * PRIME_LOW
  return [(h * PRIME_LOW + Math.floor(product / HIGH) + ((l << 8) >>> 0)) % HIGH, product % HIGH]
}
