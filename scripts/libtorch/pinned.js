'use strict'

const ALLOW = 'LIBTORCH_DCGAN_ALLOW_UNPINNED'

/** Returns true if the user accepts files whose SHA-256 is not known. */
const allowsUnpinned = () => process.env[ALLOW] === '1'

/** The ways out for a file without a known SHA-256. @param {string} [flags] the rest of set-up's command */
const waysOut = (flags = '') => `or use a LibTorch of your own: LIBTORCH=<folder>, or LIBTORCH_USE_PYTORCH=1
or, if you trust where it comes from, take it as it is: ${ALLOW}=1 npx libtorch-dcgan setup${flags}`

/** @param {string} sha256 @param {string | undefined} pinned */
function verdict(sha256, pinned) {
  if (sha256 === pinned) return 'SHA-256 as pinned'
  return `SHA-256 ${sha256} (none is pinned to compare it with; ${ALLOW} is 1)`
}

module.exports = { allowsUnpinned, verdict, waysOut }
