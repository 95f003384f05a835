#!/usr/bin/env node
'use strict'

// What `npm install` runs in an application: the set-up, which must never make the installation fail. In a clone,
// npm start and npm test do it instead.

const fs = require('node:fs')
const path = require('node:path')

const inClone = fs.existsSync(path.join(__dirname, '..', 'tsconfig.build.json'))
if (!inClone && process.env.LIBTORCH_DCGAN_SKIP_SETUP !== '1') {
  const { main } = require('./setup.js')
  main([]).then(code => {
    if (code !== 0) {
      process.stderr.write(
        'libtorch-dcgan is installed, but not ready. When that is mended: npx libtorch-dcgan setup\n',
      )
    }
  })
}
