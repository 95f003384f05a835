import type { HyperParams, Listed } from '../hyperparams.js'

/**
 * The functions of an engine that a model needs to sample. Two engines implement it: the addon, which is a flat table
 * of functions, and WebAssembly. Every option is checked before it gets here. An engine checks integers and the sizes
 * of arrays again, because its memory depends on them. It returns ArrayBuffers and plain objects, because the typed
 * arrays and errors of the addon would belong to another realm. It throws and rejects with `{ code, message }`, which
 * `engines.ts` turns into a `DcganError`.
 */
export interface SamplingEngine {
  /** Makes a model. If that fails later, on the model's thread, the model's first request rejects. */
  create(config: NativeConfig): NativeModel
  position(model: NativeModel): NativePosition
  stats(model: NativeModel): NativeStats
  sample(model: NativeModel, request: NativeSampleRequest): NativeSampleJob
  /** Cancels the waiting images of a request. The request rejects with the code 'ABORTED'. */
  cancelSample(model: NativeModel, id: number): void
  /** Returns the latent vectors that `sample` draws for this seed, from the image `first` on: count × dim, float32. */
  latents(seed: number, first: number, count: number, dim: number): ArrayBuffer
  /** Sets the weights of the classifier. Evaluations and requests with a minConfidence need them. */
  setClassifier(model: NativeModel, tensors: NativeTensor[]): Promise<void>
  exportState(model: NativeModel, part: 'all' | 'generator'): Promise<NativeState>
  /** `last`: the caller no longer needs the tensors. Their memory is then free at once, not when V8 collects it. */
  importState(model: NativeModel, state: NativeState, last?: boolean): Promise<void>
  /** Rejects waiting requests, stops a running epoch after its step, frees the model, and ends its thread. */
  dispose(model: NativeModel): Promise<void>
}

/** The addon. Until `load` has opened LibTorch, it has only what a `SamplingEngine` has. */
export interface NativeAddon extends SamplingEngine {
  /** The version of LibTorch that this addon was compiled for, for example "2.13.0". Can be read before `load`. */
  readonly compiledVersion: string
  /** Opens LibTorch's libraries in this folder and the training library next to the addon. Idempotent. */
  load(libraryFolder: string): void
  info(): NativeInfo
  /**
   * Gives the state of a model that only sampled to LibTorch, on this device and in this precision. If that fails, the
   * model samples as before. Does nothing for a model that LibTorch holds.
   */
  startTraining(
    model: NativeModel,
    choice: Pick<NativeConfig, 'device' | 'precision' | 'imagePrecision'>,
  ): Promise<void>
  /**
   * Copies `images` (count × 784 grey levels) and, if the model has classes, `labels` (count) before it returns. Resolves
   * with the data set's fingerprint, which states call `datasetHash`.
   */
  setDataset(model: NativeModel, images: Uint8Array, count: number, labels?: Uint8Array): Promise<string>
  /** Trains to the end of the running epoch; if none is running, trains the next one. */
  trainEpoch(
    model: NativeModel,
    request: NativeEpochRequest,
    onEvent: (event: NativeEvent) => void,
  ): Promise<NativeEpoch>
  /** Stops the running epoch after its step. Its promise then resolves with `finished: false`. */
  cancelEpoch(model: NativeModel): void
  /** Lets training continue. It waits after a 'checkpoint' event, so that memory holds only one copy of the state. */
  acknowledgeCheckpoint(model: NativeModel): void
  /** Begins to evaluate the generator as it is now. Each call of `advanceEvaluation` does a piece of the work. */
  beginEvaluation(model: NativeModel, request: NativeEvaluationRequest): NativeEvaluationJob
  advanceEvaluation(model: NativeModel, id: number): Promise<NativePiece<NativeEvaluation>>
  /** Begins to train a classifier on labelled images. Each call of `advanceClassifier` does a piece of the work. */
  beginClassifier(model: NativeModel, request: NativeClassifierRequest): NativeEvaluationJob
  advanceClassifier(model: NativeModel, id: number): Promise<NativePiece<NativeTrainedClassifier>>
  /** Ends an evaluation or the training of a classifier, and frees its memory. */
  endEvaluation(model: NativeModel, id: number): void
  /** Makes an adversarial step on these inputs, and returns the tensors that it computed on the way. For tests. */
  probe(model: NativeModel, request: NativeProbeRequest): Promise<NativeTensor[]>
  /**
   * Returns the seed of the first process of a distributed run. Waits for that process, unless the seed is `given`. All
   * processes make this call once for each model, in the same order.
   */
  agreedSeed(place: NativePeerPlace, seed: number, given: boolean): number
  /** Resolves with the texts of all processes of a distributed run, by rank. `cancelEpoch` ends the waiting. */
  exchange(model: NativeModel, text: string): Promise<string[]>
}

/** The rank of this process in a distributed run, and the store in which the processes find each other. */
export interface NativePeerPlace {
  rank: number
  count: number
  /** The store's address. */
  address: string
  port: number
  /** True if this process serves the store. Otherwise another process or torchrun does. */
  servesStore: boolean
  /** All keys of this run in the store begin with it. */
  prefix: string
  /** The versions and sizes that all processes must have in common. */
  greeting: string
  /** Seconds until a process that does not answer counts as hung. */
  timeout: number
}

/** An opaque handle. */
export interface NativeModel {
  readonly __model: unique symbol
}

export interface NativeInfo {
  /** LibTorch's version at run time. */
  libtorch: string
  /** True if LibTorch was built with CUDA. */
  cuda: boolean
  /** CUDA devices that LibTorch sees. */
  cudaDevices: number
  /** Intra-op threads that LibTorch chooses by itself. */
  threads: number
  /** The vector instructions that LibTorch uses, for example "AVX512". */
  cpuCapability: string
  /** The instruction sets of the kernels. `baseline`: every processor of the architecture has it. `none`: WebAssembly. */
  level: 'none' | 'baseline' | 'avx2' | 'avx512' | 'avx512_bf16' | 'amx'
  /** The processor's vendor as CPUID reports it, for example "AuthenticAMD"; empty on other architectures. */
  vendor: string
  /** True for each precision in which the fused step and sampler run on this processor. */
  fusedStep: { float32: boolean; bfloat16: boolean }
  /** True if the processor has bfloat16 arithmetic. */
  bfloat16: boolean
  /** True for each CUDA device that has bfloat16 arithmetic. */
  cudaBfloat16: boolean[]
}

/** The hyper-parameters that an engine takes as they are, and its own settings. */
export interface NativeConfig
  extends Listed<
    Omit<
      HyperParams,
      'device' | 'precision' | 'threads' | 'outputDim' | 'distributed' | 'epochs' | 'verboseFreq'
    >
  > {
  /** 'libtorch': needs `load`, and draws weights. Others: the model is imported, and samples. */
  engine: 'native' | 'wasm' | 'libtorch'
  /** 'cpu' or 'cuda:N', as device.ts chose it. */
  device: string
  /** 'plain-bfloat16' (products in plain C++, on every processor) and 'float64' are for tests alone. */
  precision: 'float32' | 'bfloat16' | 'plain-bfloat16' | 'float64'
  /** Of the images: 'float32' or 'bfloat16', and on the CPU 'plain-bfloat16'. */
  imagePrecision: NativeConfig['precision']
  /** 0: as many as the process may use. */
  threads: number
  /** The number of fixed latent vectors for the snapshots, outputDim². */
  fixedCount: number
  /** Steps that are made together, without a look at events or requests. 0: a whole CUDA graph, or one. Others: tests. */
  stepsTogether: number
  /** Undefined if this process trains alone. */
  peers?: NativePeerPlace | undefined
}

export interface NativePosition {
  /** Steps made. */
  step: number
  /** Epochs completed. */
  epoch: number
  /** Steps made in the running epoch. */
  batch: number
}

export interface NativeEpochRequest {
  /** Steps from one snapshot event to the next, beginning with step 0; 0: no snapshots. */
  snapshotEvery: number
  /** Steps from one checkpoint event to the next; 0: no checkpoints. */
  checkpointEvery: number
  /** The most steps of this call; 0: to the end of the epoch. */
  maxSteps: number
  /** True: the average of the weights, its warm-up and the schedule begin again. */
  restart?: boolean | undefined
}

export type NativeEvent =
  /** `losses`: each step since the last event, up to this one, as in NativeEpoch. Snapshots have them too. */
  | { kind: 'progress'; step: number; batch: number; losses: ArrayBuffer }
  /** `pixels`: fixedCount × 784 grey levels. */
  | { kind: 'snapshot'; step: number; batch: number; losses: ArrayBuffer; pixels: ArrayBuffer }
  | { kind: 'checkpoint'; state: NativeState }

export interface NativeEpoch {
  /** Number of the epoch, from 1. */
  epoch: number
  /** Steps of the epoch that have been made when the call ends. */
  batch: number
  /** False if it was cancelled. */
  finished: boolean
  seconds: number
  /** float32, six values for each step of this call: see losses.ts. */
  losses: ArrayBuffer
  /** Why LibTorch could not capture a CUDA graph; '' if it could, or did not try. */
  captureFailure: string
}

export interface NativeSampleRequest {
  count: number
  /** Draws the latent vectors if `latents` is null. */
  seed: number
  /** The number of the first image among the images of the seed. */
  first: number
  /** count × latentDim, copied; or null. */
  latents: Float32Array | null
  /** One label per image, copied. Undefined: a model with classes draws them from the seed. */
  labels: Uint8Array | undefined
  /** True: all images get the first label that is drawn. */
  oneLabel?: boolean
  /** True for the model's own fixed latent vectors; `count` is then fixedCount. */
  fixed: boolean
  /** The least confidence of the classifier, 0 to 1. Needs `setClassifier`, and latent vectors drawn from the seed. */
  minConfidence: number | undefined
  /** The factor of the latent vectors, drawn or given. */
  truncation: number
}

export interface NativeSampleJob {
  id: number
  promise: Promise<NativeImageBytes>
}

export interface NativeImageBytes {
  /** count × 784 grey levels. */
  pixels: ArrayBuffer
  /** One per image, if the model has classes; not for the fixed latent vectors. */
  labels?: ArrayBuffer | undefined
  /** float32, one per image, if the request has a minConfidence. */
  confidences?: ArrayBuffer | undefined
}

/** Images with their labels, all of them copied. */
export interface NativeImages {
  /** count × 784 grey levels. */
  images: Uint8Array
  labels: Uint8Array | null
  count: number
}

export interface NativeEvaluationRequest {
  count: number
  seed: number
  /** One label per generated image. Undefined: a model with classes draws them from the seed. */
  labels?: Uint8Array | undefined
  /** The real images to compare with. */
  real: NativeImages
  /** The real images from which the floor's images are drawn. */
  pool: NativeImages
  /** True if the classifier was not trained on the real images. */
  unseen: boolean
  /** The number of images that a classifier is trained on for the accuracy score; 0 for no score. */
  scoreCount: number
}

export interface NativeClassifierRequest {
  /** count × 784 grey levels. */
  images: Uint8Array
  /** One for each image, below `classes`. */
  labels: Uint8Array
  count: number
  classes: number
}

export interface NativeTrainedClassifier {
  tensors: NativeTensor[]
  /** The share of the images held back that the classifier reads as their labels. */
  accuracy: number
}

export interface NativeEvaluationJob {
  id: number
  promise: Promise<void>
}

/** The share of the work that is done, and the result when all of it is done. */
export type NativePiece<Result> = { fraction: number } & Partial<Result>

export interface NativeEvaluation {
  generated: NativeFigures
  floor: NativeFigures
  unseen?: NativeFigures
  accuracyScore?: AccuracyScore
}

/** The figures of a set of images, compared with real ones in the classifier's features. */
export interface Figures {
  /** Images that were compared with the real ones. */
  count: number
  /**
   * Distance between the distributions of the features of these and of real images. Smaller is better; 0 for the same
   * distribution.
   */
  frechetDistance: number
  /** The share of the images that lie among real ones: high if the images look real. */
  precision: number
  /** The share of real images that lie among these: high if all the variety is there. */
  recall: number
  /** Like precision, but it counts how many real images are near, so it may exceed 1. */
  density: number
  /** The share of real images with one of these nearby. */
  coverage: number
  /** The mean of the classifier's largest probability. */
  confidence: number
  /** For each class, the share of the images that the classifier reads as this class. */
  classShares: number[]
  /** The share of the images that the classifier reads as their label. Only if the model has the classifier's classes. */
  labelAccuracy?: number | undefined
  /** The same for each label; NaN if no image has it. */
  labelAccuracyByClass?: number[] | undefined
  /**
   * The Fréchet distance between the images and the real ones of each label; NaN with less than two images. A tenth of the
   * images have a larger distance than all, so compare it only with `floor`'s.
   */
  frechetDistanceByClass?: number[] | undefined
}

/** How well generated images teach a classifier (Ravuri and Vinyals 2019). */
export interface AccuracyScore {
  /** Images that each of two classifiers was trained on. */
  count: number
  /** The share of the real images that a classifier reads correctly after it was trained on generated images. */
  generated: number
  /** The same after it was trained on as many real images. */
  real: number
}

export interface NativeFigures
  extends Omit<Figures, 'labelAccuracy' | 'labelAccuracyByClass' | 'frechetDistanceByClass'> {
  /** NaN without labels. */
  labelAccuracy: number
  /** By label; NaN if no image has it. */
  labelAccuracies: number[]
  /** By label; NaN with less than two images. Empty without labels. */
  classDistances: number[]
}

/** Counts of a model's waiting and finished images. */
export interface ServingStats {
  /** Images that wait to be made. */
  waiting: number
  /** Images that were made. */
  served: number
  /** Forward passes that made them. */
  forwards: number
  /** Images in the last forward pass. */
  lastBatch: number
}

export interface NativeStats extends ServingStats {
  /** Threads of the model that the process could not start. */
  missingThreads?: number
}

export type NativeDtype = 'F32' | 'F64' | 'I64' | 'U8'

export interface NativeTensor {
  name: string
  dtype: NativeDtype
  shape: number[]
  data: ArrayBuffer
}

export interface NativeState extends NativePosition {
  /**
   * The position at which the average of the weights and the schedule began, if that was not at step 0: `newData`
   * begins them again.
   */
  origin?: NativePosition | undefined
  /** Images of the data set that the model was last trained on; 0 if there is none. */
  datasetCount: number
  /** Its fingerprint, 16 hexadecimal digits; '' if there is none. */
  datasetHash: string
  tensors: NativeTensor[]
}

export interface NativeProbeRequest {
  /** discSteps × n × latentDim. */
  latents: Float32Array
  /** n × 784 grey levels. */
  images: Uint8Array
  /** n labels, if the model has classes. */
  labels?: Uint8Array
  /** discSteps × n wrong labels of the images. Without them the step has no loss on mismatched labels. */
  otherLabels?: Uint8Array
}
