'use strict'

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { otherProcessor } = require('../files/elf.js')
const { MIN_GLIBC } = require('../libtorch/platform.js')

// What LibTorch opens, or a system that runs it has. The last is how glibc finds thread-local variables.
const LIBTORCH = ['libtorch.so', 'libtorch_cpu.so', 'libc10.so']
const SYSTEM = [
  'libstdc++.so.6',
  'libgcc_s.so.1',
  'libc.so.6',
  'libm.so.6',
  'libgomp.so.1',
  'ld-linux-x86-64.so.2',
  'ld-linux-aarch64.so.1',
]

/** The newest versions of symbols that may be asked for: those of glibc 2.28's systems, whose compiler is GCC 8. */
const NEWEST = {
  GLIBC: MIN_GLIBC,
  GLIBCXX: [3, 4, 25],
  CXXABI: [1, 3, 11],
  GCC: [8, 0, 0],
  GOMP: [4, 5],
  OMP: [4, 5],
}

/**
 * What keeps a library from loading on another machine than this.
 *
 * @param {string} file
 * @param {{ libtorch: boolean, arch?: string }} options whether it may need LibTorch, and the processor it is for
 * @returns {string[]} a sentence each; empty where all is well
 */
function faultsOf(file, { libtorch, arch = process.arch }) {
  const read = (/** @type {string} */ what) =>
    execFileSync('readelf', ['--wide', what, file], { encoding: 'utf8', maxBuffer: 1 << 26 })
  const dynamic = read('--dynamic')
  const faults = []
  const built = otherProcessor(file, arch)
  if (built !== undefined) faults.push(`it is built for ${built}, not for ${arch}`)
  for (const [, kind, value] of dynamic.matchAll(/\((RPATH|RUNPATH)\).*\[(.*)\]/g))
    faults.push(`${kind} ${value} is baked in`)
  const allowed = [...SYSTEM, ...(libtorch ? LIBTORCH : [])]
  for (const [, name = ''] of dynamic.matchAll(/\(NEEDED\).*\[(.*)\]/g)) {
    if (!allowed.includes(name)) faults.push(`it needs ${name}`)
  }
  for (const name of new Set(read('--version-info').match(/\b[A-Z]+_\d[\d.]*/g))) {
    const [library = '', version = ''] = name.split('_')
    const newest = NEWEST[/** @type {keyof typeof NEWEST} */ (library)]
    if (newest !== undefined && isNewer(version.split('.').map(Number), newest)) {
      faults.push(`it needs ${name}, newer than ${library}_${newest.join('.')}`)
    }
  }
  const text = fs.readFileSync(file, 'latin1')
  for (const place of new Set(text.match(/\/(?:home|root|tmp|work|usr|opt|builds?|Users)\/[\w.+\-/]{3,}/g))) {
    faults.push(`the path ${place} is baked in`)
  }
  return faults.map(fault => `${path.basename(file)}: ${fault}`)
}

/** @param {number[]} version @param {number[]} than */
function isNewer(version, than) {
  for (const [i, wanted] of than.entries()) {
    const part = version[i] ?? 0
    if (part !== wanted) return part > wanted
  }
  return false
}

module.exports = { faultsOf }
