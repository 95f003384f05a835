'use strict'

const fs = require('node:fs')
const { ZipFile } = require('../files/zip.js')
const { requireSpace } = require('../files/disk.js')
const { Problem } = require('../problem.js')
const { duration, size } = require('../terminal.js')
const { nvidiaRequirements } = require('./pip.js')

const LIBRARY = /\.so(\.\d+)*$/
// Python's side of PyTorch, and its own tests.
const NOT_NEEDED =
  /^lib(torch_python|shm|torchbind_test|jitbackend_test|backend_with_compiler|aoti_custom_ops)\./
const MOVE_CACHE = 'set LIBTORCH_DCGAN_HOME to a folder on a larger disk'

/**
 * Unpacks LibTorch's libraries and headers from its archive or from a PyTorch wheel to `<target>/torch`.
 *
 * @param {string} file
 * @param {string} target
 * @param {import('../terminal.js').Output} terminal
 * @returns {Promise<string[]>} what it requires of NVIDIA's packages, where it is a wheel
 */
async function unpackLibTorch(file, target, terminal) {
  const zip = await ZipFile.open(file)
  try {
    const marker = find(zip, /^[^/]*\/?lib\/libtorch\.so$/)
    if (marker === undefined) {
      throw new Problem(
        `${file} holds no LibTorch: it has no lib/libtorch.so.`,
        'Give a LibTorch archive (libtorch-shared-with-deps-….zip) or a PyTorch wheel.',
      )
    }
    const prefix = marker.fileName.replace(/lib\/libtorch\.\w+$/, '')
    const started = Date.now()
    const { files, bytes } = await extract(zip, target, placeLibTorch(prefix), terminal)
    terminal.line(`  unpacked ${files} files, ${size(bytes)}, in ${duration(Date.now() - started)}`)
    const metadata = find(zip, /^[^/]+\.dist-info\/METADATA$/)
    return metadata === undefined ? [] : nvidiaRequirements((await zip.content(metadata)).toString('utf8'))
  } finally {
    zip.close()
  }
}

/** @param {import('../files/zip.js').Zip} zip @param {RegExp} pattern */
function find(zip, pattern) {
  return [...zip.entries.values()].find(({ fileName }) => pattern.test(fileName))
}

/** @param {string} prefix the folder inside the archive, with its slash @returns {(name: string) => string | undefined} */
function placeLibTorch(prefix) {
  return name => {
    if (!name.startsWith(prefix)) return undefined
    const inner = name.slice(prefix.length)
    if (inner.startsWith('include/')) return `torch/${inner}`
    const library = /^lib\/([^/]+)$/.exec(inner)?.[1]
    return library !== undefined && LIBRARY.test(library) && !NOT_NEEDED.test(library)
      ? `torch/${inner}`
      : undefined
  }
}

/**
 * Unpacks the libraries and headers of NVIDIA's wheels to `<target>/nvidia`, where LibTorch looks for them, and
 * deletes each wheel when it is unpacked.
 *
 * @param {string[]} wheels
 * @param {string} target
 * @param {import('../terminal.js').Output} terminal
 * @returns {Promise<number>} bytes
 */
async function unpackNvidia(wheels, target, terminal) {
  let bytes = 0
  for (const wheel of wheels) {
    const zip = await ZipFile.open(wheel)
    try {
      bytes += (await extract(zip, target, placeNvidia, terminal)).bytes
    } finally {
      zip.close()
    }
    fs.rmSync(wheel)
  }
  return bytes
}

/** @param {string} name */
function placeNvidia(name) {
  const [, folder, rest = ''] = /^nvidia\/[^/]+\/(lib|include)\/(.+)$/.exec(name) ?? []
  if (folder === 'include') return name
  return folder === 'lib' && LIBRARY.test(rest) ? name : undefined
}

/**
 * @param {import('../files/zip.js').Zip} zip
 * @param {string} target
 * @param {(name: string) => string | undefined} place
 * @param {import('../terminal.js').Output} terminal
 */
async function extract(zip, target, place, terminal) {
  const wanted = [...zip.entries.values()].filter(
    ({ fileName }) => !fileName.endsWith('/') && place(fileName) !== undefined,
  )
  const total = wanted.reduce((sum, entry) => sum + entry.uncompressedSize, 0)
  requireSpace(target, total, `Unpacking ${zip.file}`, MOVE_CACHE)
  await zip.extract(target, place, done => terminal.progress('  Unpacking', done, total, size))
  return { files: wanted.length, bytes: total }
}

module.exports = { unpackLibTorch, unpackNvidia }
