import type { NativeConfig, NativeModel, NativeState, SamplingEngine } from '../native/types.js'
import { Instance } from './instance.js'
import { compileNow } from './module.js'
import { ImageQueue } from './queue.js'
import { servedGenerator, withAverage } from './state.js'

/** A model that samples. Its state stays as it was loaded, because it is never trained. */
interface Model {
  config: NativeConfig
  instance: Instance
  queue: ImageQueue
  state: NativeState
}

/** The engine in WebAssembly. It makes images on the thread of its caller, a few at a time. */
export const wasmEngine: SamplingEngine = {
  create(config) {
    const instance = new Instance(compileNow())
    const model: Model = { config, instance, queue: new ImageQueue(instance, config), state: NOTHING }
    return model as unknown as NativeModel
  },

  position(model) {
    const { step, epoch, batch } = of(model).state
    return { step, epoch, batch }
  },

  stats: model => of(model).queue.stats,

  sample(model, request) {
    const { config, instance, queue, state } = of(model)
    if (!request.fixed) return queue.add(request)
    const { fixedCount, latentDim, classes, seed } = config
    const saved = state.tensors.find(({ name }) => name === 'fixed_latents')
    const latents = saved ? new Float32Array(saved.data) : instance.fixedLatents(seed, fixedCount, latentDim)
    const labels = classes > 0 ? Uint8Array.from({ length: fixedCount }, (_, i) => i % classes) : undefined
    return queue.add({ ...request, latents, labels })
  },

  cancelSample: (model, id) => of(model).queue.cancel(id),

  latents(seed, first, count, dim) {
    const drawn = new Float32Array(count * dim)
    for (let i = 0; i < count; i++) drawn.set(drawing().latent(seed, first + i, 0, dim), i * dim)
    return drawn.buffer
  },

  async setClassifier(model, tensors) {
    of(model).instance.setClassifier(tensors)
  },

  async exportState(model, part) {
    const { state } = of(model)
    if (part === 'all') return state
    return { ...state, tensors: servedGenerator(state) }
  },

  async importState(model, state) {
    const { config, instance } = of(model)
    const whole = state.tensors.some(({ name }) => name === 'fixed_latents')
    const adapted = whole ? withAverage(state, config.emaDecay > 0) : state
    instance.setGenerator(servedGenerator(adapted), config.latentDim, config.classes)
    of(model).state = adapted
  },

  async dispose(model) {
    of(model).queue.close()
  },
}

const NOTHING: NativeState = { step: 0, epoch: 0, batch: 0, datasetCount: 0, datasetHash: '', tensors: [] }

let shared: Instance | undefined

/** An instance without a model, which draws. */
function drawing(): Instance {
  shared ??= new Instance(compileNow())
  return shared
}

function of(model: NativeModel): Model {
  return model as unknown as Model
}
