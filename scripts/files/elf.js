'use strict'

const fs = require('node:fs')

const MAGIC = 0x7f454c46

/**
 * Whether a 64-bit ELF file ends before the table that lies at its end: loading one kills the process with SIGBUS,
 * without a word.
 *
 * @param {string} file
 */
function cutShort(file) {
  const header = Buffer.alloc(64)
  let size
  try {
    const fd = fs.openSync(file, 'r')
    fs.readSync(fd, header, 0, header.length, 0)
    size = fs.fstatSync(fd).size
    fs.closeSync(fd)
  } catch {
    return false
  }
  if (header.readUInt32BE(0) !== MAGIC) return false
  // e_shoff, e_shentsize and e_shnum.
  return size < Number(header.readBigUInt64LE(40)) + header.readUInt16LE(58) * header.readUInt16LE(60)
}

module.exports = { cutShort }
