// Writes the generator that ours/sample.js makes, for ours/portable.js: node save.js FILE
import { DCGAN } from '../../dist/index.mjs'

const gan = new DCGAN({ device: 'cpu', seed: 1 })
await gan.save(process.argv[2], { only: 'generator' })
await gan.dispose()
