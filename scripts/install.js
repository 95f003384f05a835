#!/usr/bin/env node
'use strict'

// What `npm install` runs in an application: the set-up, which must never make the installation fail.

const fs = require('node:fs')
const path = require('node:path')

/** @param {string} [words] */
function notReady(words) {
  process.stderr.write(
    `${words === undefined ? '' : `${words}\n`}libtorch-dcgan is installed, but not ready. When that is mended: npx libtorch-dcgan setup\n`,
  )
  process.exitCode = 0
}

if (process.env.LIBTORCH_DCGAN_SKIP_SETUP === '1') {
  // Whoever asks for this runs the set-up later, or is it.
} else if (fs.existsSync(path.join(__dirname, '..', 'tsconfig.build.json'))) {
  process.stderr.write(
    'A clone of libtorch-dcgan: `npm start` and `npm test` fetch LibTorch and build, and so does `npm run setup` alone.\n',
  )
} else {
  process.on('uncaughtException', error => {
    notReady(String(error.stack))
    process.exit()
  })
  const { main } = require('./setup.js')
  main([]).then(code => {
    if (code !== 0) notReady()
  })
}
