'use strict'

const path = require('node:path')
const { Problem } = require('../problem.js')

const ALLOW = 'LIBTORCH_DCGAN_ALLOW_UNPINNED'

/** Whether the user takes what no known SHA-256 vouches for. @param {import('../tools.js').Env} env */
function allowsUnpinned(env) {
  return env[ALLOW] === '1'
}

/** What the user can do about a file without a known SHA-256. @param {string} rest of the set-up's command */
function waysOut(rest = '') {
  return [
    'or use a LibTorch of your own: LIBTORCH=<folder>, or LIBTORCH_USE_PYTORCH=1',
    `or, if you trust where it comes from, take it as it is: ${ALLOW}=1 npx libtorch-dcgan setup${rest}`,
  ].join('\n')
}

/**
 * Throws where pip gave another wheel than the pinned one, whatever its name is.
 *
 * @param {string} file
 * @param {string} sha256 the file's
 * @param {string[]} pinned the SHA-256 of each wheel that it may be
 * @param {{ owner: string, index?: string, env: import('../tools.js').Env }} options whose wheel it ought to be, and the
 *   index that has it
 */
function requirePinned(file, sha256, pinned, { owner, index, env }) {
  if (pinned.includes(sha256) || allowsUnpinned(env)) return
  const wanted = pinned.length === 1 ? `, not ${pinned[0]}` : ''
  throw new Problem(
    `pip gave ${path.basename(file)}, which is not ${owner}: its SHA-256 is ${sha256}${wanted}.`,
    [
      'Look at the package index that pip is set up for: python3 -m pip config list',
      ...(index === undefined
        ? []
        : [`and, where it lacks PyTorch's, add that: PIP_EXTRA_INDEX_URL=${index} npx libtorch-dcgan setup`]),
      waysOut(),
    ].join('\n'),
    { code: 'BAD_HASH' },
  )
}

/** @param {string} sha256 @param {string[]} pinned */
function verdict(sha256, pinned) {
  return pinned.includes(sha256)
    ? 'SHA-256 as pinned'
    : `SHA-256 ${sha256} (none is pinned to compare it with; ${ALLOW} is 1)`
}

module.exports = { allowsUnpinned, requirePinned, verdict, waysOut }
