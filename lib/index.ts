export type { SaveOptions } from './checkpoint/options.js'
export type { Dataset, TrainingImages } from './datasets/dataset.js'
export type { SkippedFiles } from './datasets/folder-of-pictures.js'
export type { Split } from './datasets/idx-pair.js'
export { type LoadedImages, type LoadImagesOptions, loadImages } from './datasets/images.js'
export { type LoadMnistOptions, loadMnist } from './datasets/mnist.js'
export { subset } from './datasets/subset.js'
export {
  type WritableImages,
  type WriteDatasetOptions,
  type WrittenDataset,
  writeDataset,
} from './datasets/write.js'
export { DCGAN, type PretrainedOptions } from './dcgan.js'
export { DcganError, type DcganErrorCode } from './errors.js'
export type {
  AccuracyScore,
  ClassifierInfo,
  EvaluateOptions,
  Evaluation,
  EvaluationProgress,
  Figures,
} from './evaluation/index.js'
export type {
  ByEpoch,
  Device,
  HyperParamOptions,
  HyperParams,
  Kernels,
  Loss,
  Precision,
} from './hyperparams.js'
export { animate } from './images/animate.js'
export { type ConfidentBatch, ImageBatch, type LabelledBatch } from './images/batch.js'
export type { GifOptions } from './images/gif.js'
export type { GridOrder } from './images/grey.js'
export type { BatchImage } from './images/grey-batch.js'
export type { GridOptions } from './images/grid.js'
export type { PngOptions } from './images/picture.js'
export type {
  CallMessage,
  EpochMessage,
  EvaluationMessage,
  ModelMessage,
  SampleMessage,
  StepMessage,
} from './internal/messages.js'
export type { Source } from './internal/source.js'
export type { Bytes, Floats } from './internal/typed-arrays.js'
export type { ChosenDevice } from './native/device.js'
export type { EngineName } from './native/engines.js'
export type { ChosenPrecision } from './native/precision.js'
export type { ServingStats } from './native/types.js'
export type { ExportOnnxOptions } from './onnx/export.js'
export { type Recipe, type Recipes, recipes } from './recipes.js'
export type { GenerateOptions, GenerateProgress } from './sampling/generate.js'
export type { SaveGridOptions } from './sampling/grid.js'
export type { InterpolateOptions } from './sampling/interpolation.js'
export type { Labels } from './sampling/labels.js'
export type { Confident, Labelled, SampleOptions } from './sampling/request.js'
export type { BestModel } from './training/epoch-end.js'
export type { EpochResult, EpochSummary } from './training/epoch-result.js'
export type { CheckpointOptions, EpochOptions, EvaluateEvery, TrainOptions } from './training/options.js'
export type { Progress } from './training/progress.js'
export type { TrainResult } from './training/train.js'
