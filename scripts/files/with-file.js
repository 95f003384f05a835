'use strict'

// Loaded with every addon, so it loads nothing that takes long.

const fs = require('node:fs')

/**
 * Calls `use` with an open regular file. Throws for anything else: reading a pipe would wait for ever.
 *
 * @template T
 * @param {string} file
 * @param {(fd: number, size: number) => T} use
 * @returns {T}
 */
function withFile(file, use) {
  const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY)
  try {
    const stat = fs.fstatSync(fd)
    if (!stat.isFile()) throw new Error(`${file} is not a regular file`)
    return use(fd, stat.size)
  } finally {
    fs.closeSync(fd)
  }
}

module.exports = { withFile }
