/**
 * The types of the addon, which is a flat table of functions. Every option is checked before it gets here. The addon
 * checks integers and the sizes of arrays again, because its memory depends on them. It returns ArrayBuffers and plain
 * objects, never typed arrays or errors of another realm. It rejects with `{ code, message }`, which `native.ts` turns
 * into a `DcganError`.
 */
export interface NativeAddon {
  /** The version of LibTorch that this addon was compiled against, for example "2.13.0". Needs no LibTorch. */
  readonly compiledVersion: string
  /** Opens LibTorch's libraries in this folder and the engine beside the addon. Idempotent. */
  load(libraryFolder: string): void
  info(): NativeInfo
  /** Starts the model's thread. Weights are initialised there; a failure rejects the first request. */
  create(config: NativeConfig): NativeModel
  /** 'cpu' or 'cuda:N'. */
  device(model: NativeModel): string
  position(model: NativeModel): NativePosition
  /**
   * Copies `images` (count × 784 grey levels) and `labels` (count, where the model has classes) before it returns;
   * resolves with their `datasetHash`.
   */
  setDataset(model: NativeModel, images: Uint8Array, count: number, labels?: Uint8Array): Promise<string>
  /** Trains to the end of the running epoch, or through the next one. */
  trainEpoch(
    model: NativeModel,
    request: NativeEpochRequest,
    onEvent: (event: NativeEvent) => void,
  ): Promise<NativeEpoch>
  /** Stops the running epoch after its step. Its promise then resolves with `finished: false`. */
  cancelEpoch(model: NativeModel): void
  /** Lets training continue after a 'checkpoint' event, so that there is only one copy of the state. */
  acknowledgeCheckpoint(model: NativeModel): void
  sample(model: NativeModel, request: NativeSampleRequest): NativeSampleJob
  /** Cancels the waiting images of a request. The request rejects with the code 'ABORTED'. */
  cancelSample(model: NativeModel, id: number): void
  /** count × dim float32: the latents of `sample` with this seed. Needs no model. */
  latents(seed: number, count: number, dim: number): ArrayBuffer
  /** `count` labels from 0 to classes − 1 (uint8): those of `sample` with this seed. Needs no model. */
  labels(seed: number, count: number, classes: number): ArrayBuffer
  stats(model: NativeModel): NativeStats
  /** The weights of the classifier: before the first evaluation. */
  setClassifier(model: NativeModel, tensors: NativeTensor[]): Promise<void>
  /** Begins to evaluate the generator as it is now. Each call of `advanceEvaluation` does a piece of the work. */
  beginEvaluation(model: NativeModel, request: NativeEvaluationRequest): NativeEvaluationJob
  advanceEvaluation(model: NativeModel, id: number): Promise<NativeEvaluationProgress>
  /** Ends an evaluation and frees its memory. */
  endEvaluation(model: NativeModel, id: number): void
  exportState(model: NativeModel, only: 'all' | 'generator'): Promise<NativeState>
  importState(model: NativeModel, state: NativeState): Promise<void>
  /** Makes one adversarial step on given latent vectors and real images, and returns every intermediate tensor. For tests. */
  probe(model: NativeModel, request: NativeProbeRequest): Promise<NativeTensor[]>
  /** Rejects waiting requests, stops a running epoch after its step, frees the model, and ends its thread. */
  dispose(model: NativeModel): Promise<void>
  /**
   * The seed of the first process of a distributed run. Waits for that process, unless the seed is `given`. Once for
   * each model, in all processes in the same order.
   */
  agreedSeed(place: NativePeerPlace, seed: number, given: boolean): number
  /** The texts of all processes of a distributed run, by rank. `cancelEpoch` gives up. */
  exchange(model: NativeModel, text: string): Promise<string[]>
}

/** The meeting place of the processes of a distributed run, and the rank of this one. */
export interface NativePeerPlace {
  rank: number
  count: number
  /** Of the store; one process, or torchrun, serves it. */
  address: string
  port: number
  servesStore: boolean
  /** Of this run's keys in the store. */
  prefix: string
  /** Must be equal in all processes, or they do not understand each other. */
  greeting: string
  /** Seconds after which a process that does not answer counts as hung. */
  timeout: number
}

/** An opaque handle. */
export interface NativeModel {
  readonly __model: unique symbol
}

export interface NativeInfo {
  /** LibTorch's version at run time. */
  libtorch: string
  /** True if LibTorch was built with CUDA; then the number of devices that it sees. */
  cuda: boolean
  cudaDevices: number
  /** Intra-op threads that LibTorch chooses by itself. */
  threads: number
  /** The vector instructions that LibTorch uses, for example "AVX512". */
  cpuCapability: string
  /** The instruction sets that the fused step and sampler use; 'none' where they do not run. */
  level: 'none' | 'avx2' | 'avx512' | 'avx512_bf16' | 'amx'
  /** True for each precision in which the fused step and sampler run on this processor. */
  fusedStep: { float32: boolean; bfloat16: boolean }
  /** True if the processor has bfloat16 arithmetic; then the same for each CUDA device. */
  bfloat16: boolean
  cudaBfloat16: boolean[]
}

export interface NativeConfig {
  /** 'cpu' or 'cuda:N', as device.ts chose it. */
  device: string
  /** 'float64' for the finite-difference tests alone. */
  precision: 'float32' | 'bfloat16' | 'float64'
  /** 0: LibTorch's choice. */
  threads: number
  seed: number
  batchSize: number
  latentDim: number
  /** 0: unconditional. */
  classes: number
  /** Fixed latents for the snapshots: outputDim². */
  fixedCount: number
  /** One value for each epoch, of which the last goes on; so are r1 and r2. */
  discLr: readonly number[]
  genLr: readonly number[]
  beta1: number
  beta2: number
  loss: 'bce' | 'relativistic'
  r1: readonly number[]
  r2: readonly number[]
  /** Probability of the discriminator's dropout. */
  dropout: number
  labelSmoothing: number
  discSteps: number
  /** Decay of the average of the generator's weights that images are made with; 0 for no average. */
  emaDecay: number
  /** Images that one forward serves at most, and images that may wait. */
  maxBatch: number
  maxQueue: number
  /** 'auto', or 'plain' for LibTorch's autograd step, the specification. */
  step: 'auto' | 'plain'
  /** Steps between two looks at them; 0: those that a CUDA graph makes in one replay, otherwise one. For tests. */
  stepsTogether: number
  /** Undefined where this process trains alone. */
  peers?: NativePeerPlace | undefined
}

export interface NativePosition {
  /** Steps made, epochs completed, steps made in the running epoch. */
  step: number
  epoch: number
  batch: number
}

export interface NativeEpochRequest {
  /** A snapshot event at every step s with s mod snapshotEvery = 0; 0 for none. */
  snapshotEvery: number
  /** A checkpoint event after every so many steps; 0 for none. */
  checkpointEvery: number
  /** Steps after which it ends; 0 for the end of the epoch. */
  maxSteps: number
}

export type NativeEvent =
  /** `losses`: of the steps since the last such event, up to this one, as in NativeEpoch. */
  | { kind: 'progress'; step: number; batch: number; losses: ArrayBuffer }
  /** `pixels`: fixedCount × 784 grey levels. */
  | { kind: 'snapshot'; step: number; batch: number; losses: ArrayBuffer; pixels: ArrayBuffer }
  | { kind: 'checkpoint'; state: NativeState }

export interface NativeEpoch {
  /** Number of the epoch, from 1. */
  epoch: number
  /** Steps of the epoch that were made when this ended. */
  batch: number
  /** False when it was cancelled. */
  finished: boolean
  seconds: number
  /** float32, six values for each step that this call made: see losses.ts. */
  losses: ArrayBuffer
  /** Why no CUDA graph was captured although one should have been; '' where nothing failed. */
  captureFailure: string
}

export interface NativeSampleRequest {
  count: number
  /** Ignored where latents are given. */
  seed: number
  /** count × latentDim, copied; or null. */
  latents: Float32Array | null
  /** One label for each image, copied, where the model has classes; not for the fixed latents. */
  labels?: Uint8Array | undefined
  /** True for the model's own fixed latents (count = fixedCount). */
  fixed: boolean
  /** The confidence that the classifier must have, 0 to 1; it must be set. Not with latents of the caller's. */
  minConfidence?: number | undefined
}

export interface NativeSampleJob {
  id: number
  promise: Promise<NativeImageBytes>
}

export interface NativeImageBytes {
  /** count × 784 grey levels. */
  pixels: ArrayBuffer
  /** float32, one for each image, where the request has a minConfidence. */
  confidences: ArrayBuffer | null
}

/** Images, copied; count × 784 grey levels, and their labels or null. */
export interface NativeImages {
  images: Uint8Array
  labels: Uint8Array | null
  count: number
}

export interface NativeEvaluationRequest {
  count: number
  seed: number
  /** One label for each generated image, where the model has classes. */
  labels?: Uint8Array | undefined
  /** The real images to compare with, and those from which the floor is drawn. */
  real: NativeImages
  pool: NativeImages
}

export interface NativeEvaluationJob {
  id: number
  promise: Promise<void>
}

export interface NativeEvaluationProgress {
  /** The share of the work that is done. */
  fraction: number
  /** Present when the work is done. */
  generated?: NativeFigures
  floor?: NativeFigures
}

export interface NativeFigures {
  count: number
  frechetDistance: number
  precision: number
  recall: number
  density: number
  coverage: number
  confidence: number
  classShares: number[]
  /** NaN where there are no labels, in all or of one class. */
  labelAccuracy: number
  labelAccuracies: number[]
}

export interface NativeStats {
  /** Images that wait, images served, forwards made, and images in the last forward. */
  waiting: number
  served: number
  forwards: number
  lastBatch: number
}

export type NativeDtype = 'F32' | 'F64' | 'I64' | 'U8'

export interface NativeTensor {
  name: string
  dtype: NativeDtype
  shape: number[]
  data: ArrayBuffer
}

export interface NativeState extends NativePosition {
  /** Size and fingerprint (16 hexadecimal digits) of the data set last trained on; 0 and '' where none is known. */
  datasetCount: number
  datasetHash: string
  tensors: NativeTensor[]
}

export interface NativeProbeRequest {
  /** discSteps × n × latentDim. */
  latents: Float32Array
  /** n × 784 grey levels. */
  images: Uint8Array
  /** n labels, where the model has classes. */
  labels?: Uint8Array
}
