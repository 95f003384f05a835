#!/usr/bin/env node
'use strict'

// `npm install` runs this in an application: the set-up, after which the installation succeeds in any case.

const fs = require('node:fs')
const path = require('node:path')

/** @param {string} words */
function notReady(words) {
  process.stderr.write(
    `${words}libtorch-dcgan is installed, but not ready. Once that is fixed: npx libtorch-dcgan setup\n`,
  )
}

// LIBTORCH_DCGAN_SKIP_SETUP is set if the user runs the set-up later, and by set-up's own `npm ci`.
if (process.env.LIBTORCH_DCGAN_SKIP_SETUP !== '1') {
  if (fs.existsSync(path.join(__dirname, '..', 'tsconfig.build.json'))) {
    process.stderr.write(
      'A clone of libtorch-dcgan: `npm start` and `npm test` fetch LibTorch and build, and so does `npm run setup` alone.\n',
    )
  } else {
    process.on('uncaughtException', error => {
      notReady(`${error.stack}\n`)
      process.exit(0)
    })
    require('./setup.js')
      .main([])
      .then((/** @type {number} */ code) => code === 0 || notReady(''))
  }
}
