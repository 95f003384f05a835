export {
  checkDataset,
  checkLabelled,
  checkSource,
  type Dataset,
  type DatasetSource,
  type TrainingImages,
} from './dataset.js'
export { fingerprintOf } from './fingerprint.js'
export type { SkippedFiles } from './folder-of-pictures.js'
export type { Split } from './idx-pair.js'
export { countClasses, type LoadedImages, type LoadImagesOptions, loadImages, loadSource } from './images.js'
export { type LoadMnistOptions, loadMnist, mnistOfNow } from './mnist.js'
export { subset } from './subset.js'
export { keptOf, TrainingData } from './training-data.js'
export { type WritableImages, type WriteDatasetOptions, type WrittenDataset, writeDataset } from './write.js'
