export { DCGAN, type SaveGridOptions } from './dcgan.js'
export type { ChosenDevice } from './device.js'
export { DcganError, type DcganErrorCode } from './errors.js'
export type {
  ClassifierInfo,
  EvaluateOptions,
  Evaluation,
  EvaluationProgress,
  Figures,
} from './evaluation/index.js'
export type { ByEpoch, Device, HyperParams, Loss } from './hyperparams.js'
export { animate, type GifOptions, type GridOptions, type GridOrder, ImageBatch } from './images/index.js'
export type { Labels } from './labels.js'
export { type Dataset, type LoadMnistOptions, loadMnist, type TrainingImages } from './mnist/index.js'
export type { ExportOnnxOptions } from './onnx/export.js'
export type { ChosenPrecision, Precision } from './precision.js'
export type { Progress } from './progress.js'
export { type Recipe, type Recipes, recipes } from './recipes.js'
export type { EpochResult } from './run.js'
export type { InterpolateOptions, SampleOptions, ServingStats } from './serving.js'
export type { SaveOptions } from './state-options.js'
export type { CheckpointOptions, EpochOptions, TrainOptions, TrainResult } from './training.js'
