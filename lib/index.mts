// The same module for import: one class DcganError and one addon per process, for import and require().

import './internal/assert-installed.mjs'

export type * from './index.js'
export {
  animate,
  DCGAN,
  DcganError,
  ImageBatch,
  loadImages,
  loadMnist,
  recipes,
  subset,
  writeDataset,
} from './index.js'
