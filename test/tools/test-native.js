#!/usr/bin/env node
'use strict'

// npm run test:native: builds and runs the tests of binding/ that need no JavaScript, at this processor's level and
// at those below it.

const { LEVELS } = require('./levels.js')
const { buildNative, run } = require('./native-build.js')

const { folder } = buildNative(['kernels_test', 'loops_test', 'queue_test'])
for (const { variables } of LEVELS) {
  run('ctest', ['--test-dir', folder, '--output-on-failure'], { ...process.env, ...variables })
}
