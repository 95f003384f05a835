'use strict'

const fs = require('node:fs')
const { ZipFile } = require('../files/zip.js')
const { Problem } = require('../problem.js')
const { duration, line, size } = require('../terminal.js')
const { LIBRARY, MOVE_CACHE } = require('./cache.js')
const { nvidiaRequirements } = require('./pip.js')

// Python's side of PyTorch, and its own tests.
const NOT_NEEDED =
  /^lib(torch_python|shm|torchbind_test|jitbackend_test|backend_with_compiler|aoti_custom_ops)\./

/**
 * Unpacks LibTorch's libraries and headers from its archive or from a PyTorch wheel to `<target>/torch`.
 *
 * @param {string} file
 * @param {string} target
 * @returns {Promise<string[]>} what it requires of NVIDIA's packages, if it is a wheel
 */
async function unpackLibTorch(file, target) {
  const zip = await ZipFile.open(file)
  try {
    const marker = zip.find(/^[^/]*\/?lib\/libtorch\.so$/)
    if (marker === undefined) {
      throw new Problem(
        `${file} holds no LibTorch: it has no lib/libtorch.so.`,
        'Give a LibTorch archive (libtorch-shared-with-deps-….zip) or a PyTorch wheel.',
      )
    }
    const prefix = marker.fileName.replace(/lib\/libtorch\.so$/, '')
    const started = Date.now()
    const { files, bytes } = await zip.extract(target, name => placeLibTorch(prefix, name), MOVE_CACHE)
    line(`  unpacked ${files} files, ${size(bytes)}, in ${duration(Date.now() - started)}`)
    return nvidiaRequirements((await zip.text(/^[^/]+\.dist-info\/METADATA$/)) ?? '')
  } finally {
    zip.close()
  }
}

/** @param {string} prefix the folder inside the archive, with its slash @param {string} name */
function placeLibTorch(prefix, name) {
  if (!name.startsWith(prefix)) return undefined
  const inner = name.slice(prefix.length)
  const library = /^lib\/([^/]+)$/.exec(inner)?.[1]
  const wanted = library ? LIBRARY.test(library) && !NOT_NEEDED.test(library) : inner.startsWith('include/')
  return wanted ? `torch/${inner}` : undefined
}

/**
 * Unpacks the libraries and headers of NVIDIA's wheels to `<target>/nvidia`, where LibTorch looks for them, and deletes
 * each wheel when it is unpacked.
 *
 * @param {string[]} wheels
 * @param {string} target
 * @returns {Promise<number>} bytes
 */
async function unpackNvidia(wheels, target) {
  let bytes = 0
  for (const wheel of wheels) {
    const zip = await ZipFile.open(wheel)
    try {
      bytes += (await zip.extract(target, placeNvidia, MOVE_CACHE)).bytes
    } finally {
      zip.close()
    }
    fs.rmSync(wheel)
  }
  return bytes
}

/** @param {string} name */
function placeNvidia(name) {
  const folder = /^nvidia\/[^/]+\/(lib|include)\/./.exec(name)?.[1]
  return folder === 'include' || (folder === 'lib' && LIBRARY.test(name)) ? name : undefined
}

module.exports = { unpackLibTorch, unpackNvidia }
