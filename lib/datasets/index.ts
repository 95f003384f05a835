export {
  checkDataset,
  checkLabelled,
  checkSource,
  type Dataset,
  type DatasetSource,
  type TrainingImages,
} from './dataset.js'
export { type LoadMnistOptions, loadMnist } from './mnist.js'
export { subset } from './subset.js'
