'use strict'

/**
 * The wheels of NVIDIA's libraries that go with a LibTorch with CUDA, by the torch wheel's version: what pip resolves
 * the wheel's requirements to, and the rest of the runtime's headers (crt, cccl), which the captured step is compiled
 * with. Each with the SHA-256 that PyPI states for it, by `uname -m`. They are listed and not asked for, because the
 * requirements are ranges: pip would resolve them to another wheel on another day.
 *
 * @type {Record<string, Record<string, { x86_64: string, aarch64: string }>>}
 */
const WHEELS = require('./nvidia.json')

/**
 * What pip is to download for a torch wheel of the catalogue, with each one's SHA-256; undefined where none is known.
 *
 * @param {string} version of LibTorch
 * @param {string} machine `uname -m`
 * @returns {Record<string, string> | undefined}
 */
function nvidiaWheels(version, machine) {
  const wheels = WHEELS[version]
  if (wheels === undefined || (machine !== 'x86_64' && machine !== 'aarch64')) return undefined
  return Object.fromEntries(Object.entries(wheels).map(([name, hashes]) => [name, hashes[machine]]))
}

module.exports = { nvidiaWheels }
