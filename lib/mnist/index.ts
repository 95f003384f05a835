export { checkDataset, type Dataset, resolveDataset, type TrainingImages } from './dataset.js'
export { type LoadMnistOptions, loadMnist } from './mnist.js'
