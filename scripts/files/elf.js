'use strict'

const fs = require('node:fs')

const MAGIC = 0x7f454c46

// e_machine, System V ABI.
/** @type {Record<string, number>} */
const MACHINES = { x64: 62, arm64: 183 }

/**
 * Whether a 64-bit ELF file ends before the table that lies at its end: loading one kills the process with SIGBUS,
 * without a word.
 *
 * @param {string} file
 */
function cutShort(file) {
  const read = headerOf(file)
  if (read === undefined) return false
  const { header, size } = read
  // e_shoff, e_shentsize and e_shnum.
  return size < Number(header.readBigUInt64LE(40)) + header.readUInt16LE(58) * header.readUInt16LE(60)
}

/**
 * The processor that an ELF file is built for where that is not the wanted one.
 *
 * @param {string} file
 * @param {string} arch the wanted one, in Node.js's words
 * @returns {string | undefined} undefined where it fits, and where that cannot be told
 */
function otherProcessor(file, arch) {
  const machine = headerOf(file)?.header.readUInt16LE(18)
  const wanted = MACHINES[arch]
  if (machine === undefined || wanted === undefined || machine === wanted) return undefined
  return Object.keys(MACHINES).find(name => MACHINES[name] === machine) ?? 'another processor'
}

/** @param {string} file @returns {{ header: Buffer, size: number } | undefined} undefined where it is no ELF file */
function headerOf(file) {
  const header = Buffer.alloc(64)
  let size
  try {
    const fd = fs.openSync(file, 'r')
    fs.readSync(fd, header, 0, header.length, 0)
    size = fs.fstatSync(fd).size
    fs.closeSync(fd)
  } catch {
    return undefined
  }
  return header.readUInt32BE(0) === MAGIC ? { header, size } : undefined
}

module.exports = { cutShort, otherProcessor }
