'use strict'

const fs = require('node:fs')
const { attempt } = require('../problem.js')
const { withFile } = require('./with-file.js')

const MAGIC = 0x7f454c46

/** e_machine, by Node.js's names of processors (System V ABI). @type {Record<string, number>} */
const MACHINES = { x64: 62, arm64: 183 }

/**
 * Returns true if a 64-bit ELF file ends before the table at its end. Loading such a file kills the process with SIGBUS,
 * without a message.
 *
 * @param {string} file
 */
function cutShort(file) {
  const { header, size } = headerOf(file) ?? {}
  if (header === undefined || size === undefined) return false
  // e_shoff, e_shentsize and e_shnum.
  return size < Number(header.readBigUInt64LE(40)) + header.readUInt16LE(58) * header.readUInt16LE(60)
}

/**
 * The processor that an ELF file is built for, if it is not the wanted one.
 *
 * @param {string} file
 * @param {string} arch Node.js's name of the wanted one
 * @returns {string | undefined} undefined too if the file does not tell
 */
function otherProcessor(file, arch) {
  const machine = headerOf(file)?.header.readUInt16LE(18)
  const wanted = MACHINES[arch]
  if (machine === undefined || wanted === undefined || machine === wanted) return undefined
  return Object.keys(MACHINES).find(name => MACHINES[name] === machine) ?? 'another processor'
}

/** @param {string} file @returns {{ header: Buffer, size: number } | undefined} undefined if it is no ELF file */
function headerOf(file) {
  return attempt(() =>
    withFile(file, (fd, size) => {
      const header = Buffer.alloc(64)
      fs.readSync(fd, header)
      return header.readUInt32BE(0) === MAGIC ? { header, size } : undefined
    }),
  )
}

module.exports = { cutShort, otherProcessor }
