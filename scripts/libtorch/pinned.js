'use strict'

const { Problem } = require('../problem.js')

const ALLOW = 'LIBTORCH_DCGAN_ALLOW_UNPINNED'

/** Whether the user takes files whose SHA-256 is not known. */
const allowsUnpinned = () => process.env[ALLOW] === '1'

/** What the user can do about a file without a known SHA-256. @param {string} [flags] the rest of set-up's command */
const waysOut = (flags = '') => `or use a LibTorch of your own: LIBTORCH=<folder>, or LIBTORCH_USE_PYTORCH=1
or, if you trust where it comes from, take it as it is: ${ALLOW}=1 npx libtorch-dcgan setup${flags}`

/**
 * Throws if pip gave another wheel than the pinned one, whatever its name is.
 *
 * @param {string} name the wheel's
 * @param {string} sha256 the wheel's
 * @param {string[]} pinned the SHA-256 of each wheel that it may be
 * @param {string} owner whose wheel it ought to be
 * @param {string} [index] the package index that has it
 */
function requirePinned(name, sha256, pinned, owner, index) {
  if (pinned.includes(sha256) || allowsUnpinned()) return
  const wanted = pinned.length === 1 ? `, not ${pinned[0]}` : ''
  throw new Problem(
    `pip gave ${name}, which is not ${owner}: its SHA-256 is ${sha256}${wanted}.`,
    [
      'Check the package index that pip is set up for: python3 -m pip config list',
      ...(index
        ? [`and, if it lacks PyTorch's, add that: PIP_EXTRA_INDEX_URL=${index} npx libtorch-dcgan setup`]
        : []),
      waysOut(),
    ].join('\n'),
    { code: 'BAD_HASH' },
  )
}

/** @param {string} sha256 @param {string | undefined} pinned */
function verdict(sha256, pinned) {
  if (sha256 === pinned) return 'SHA-256 as pinned'
  return `SHA-256 ${sha256} (none is pinned to compare it with; ${ALLOW} is 1)`
}

module.exports = { allowsUnpinned, requirePinned, verdict, waysOut }
