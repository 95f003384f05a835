'use strict'

// A worker of a sequence: it trains, samples and saves until it is ended or ends by itself.

const { workerData } = require('node:worker_threads')
const { DCGAN } = require('../../../dist/index.js')

const { hparams, ms, exits } = workerData
const ignore = () => {}
const gan = new DCGAN(hparams)
const images = new Uint8Array(40 * 784)
gan.trainEpoch({ images, count: 40, width: 28, height: 28 }).catch(ignore)
for (let i = 0; i < 8; i++) gan.sample(2).catch(ignore)
gan.save('/no/such/folder/file').catch(ignore)
if (exits) setTimeout(() => process.exit(0), ms)
