export {
  checkDataset,
  checkLabelled,
  checkSource,
  type Dataset,
  type DatasetSource,
  type TrainingImages,
} from './dataset.js'
export { fingerprintOf } from './fingerprint.js'
export { countClasses, loadSource } from './images.js'
export { loadMnist, mnistOfNow } from './mnist.js'
export { subset } from './subset.js'
export { keptOf, TrainingData } from './training-data.js'
export { writeDataset } from './write.js'
