'use strict'

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { otherProcessor } = require('../dist/internal/elf.js')
const { MIN_GLIBC } = require('../dist/internal/platform.js')
const { isOlder } = require('../dist/internal/version.js')

const LIBTORCH = /^lib(torch|torch_cpu|c10)\.so$/
/** Libraries that every system has that runs LibTorch. The last one is how glibc finds thread-local variables. */
const SYSTEM =
  /^(lib(stdc\+\+\.so\.6|gcc_s\.so\.1|c\.so\.6|m\.so\.6|gomp\.so\.1)|ld-linux-(x86-64\.so\.2|aarch64\.so\.1))$/

/** The newest versions of symbols in systems with glibc 2.28 and GCC 8. @type {Record<string, string>} */
const NEWEST = {
  GLIBC: MIN_GLIBC,
  GLIBCXX: '3.4.25',
  CXXABI: '1.3.11',
  GCC: '8.0.0',
  GOMP: '4.5',
  OMP: '4.5',
}

/**
 * The reasons why a library would not load on another machine than this.
 *
 * @param {string} file
 * @param {{ libtorch: boolean, arch?: string }} options whether it may need LibTorch, and the processor it is for
 * @returns {string[]} a sentence each; empty if all is well
 */
function faultsOf(file, { libtorch, arch = process.arch }) {
  const read = (/** @type {string} */ what) =>
    execFileSync('readelf', ['--wide', what, file], { encoding: 'utf8', maxBuffer: 1 << 26 })
  const dynamic = read('--dynamic')
  const built = otherProcessor(file, arch)
  const paths = dynamic.matchAll(/\((RPATH|RUNPATH)\).*\[(.*)\]/g)
  const needed = [...dynamic.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name = '']) => name)
  const versions = new Set(read('--version-info').match(/\b[A-Z]+_\d[\d.]*/g))
  const text = fs.readFileSync(file, 'latin1')
  const places = new Set(text.match(/\/(?:home|root|tmp|work|usr|opt|builds?|Users)\/[\w.+\-/]{3,}/g))
  const faults = [
    ...(built === undefined ? [] : [`it is built for ${built}, not for ${arch}`]),
    ...[...paths].map(([, kind, value]) => `${kind} ${value} is baked in`),
    ...needed
      .filter(name => !SYSTEM.test(name) && !(libtorch && LIBTORCH.test(name)))
      .map(name => `it needs ${name}`),
    ...[...versions].flatMap(name => {
      const [library = '', version = ''] = name.split('_')
      const newest = NEWEST[library]
      return newest && isOlder(newest, version) ? [`it needs ${name}, newer than ${library}_${newest}`] : []
    }),
    ...[...places].map(place => `the path ${place} is baked in`),
  ]
  return faults.map(fault => `${path.basename(file)}: ${fault}`)
}

module.exports = { faultsOf }
