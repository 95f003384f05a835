'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')

/** The SHA-256 of a file, in hexadecimal. @param {string} file */
async function hashFile(file) {
  const hash = crypto.createHash('sha256')
  for await (const chunk of fs.createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return hash.digest('hex')
}

module.exports = { hashFile }
