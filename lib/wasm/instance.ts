import { DcganError, type DcganErrorCode } from '../errors.js'
import { PIXELS } from '../internal/sizes.js'
import type { NativeTensor } from '../native/types.js'

/** A compiled module, which any number of models share. */
export interface WasmModule {
  readonly __module: unique symbol
}

/** The functions of binding/wasm/sampler.cc. Numbers that they call `at` are addresses in the memory. */
interface Exports {
  memory: { buffer: ArrayBuffer }
  _initialize(): void
  buffer(bytes: number): number
  add_tensor(name: number, length: number, shape: number, dimensions: number): number
  make_generator(latentDim: number, classes: number): void
  make_digit_classifier(): void
  draw_fixed(seed: bigint, count: number, dim: number, at: number): void
  draw_latent(seed: bigint, image: number, candidate: number, dim: number, at: number): void
  draw_image_labels(seed: bigint, first: number, count: number, classes: number, at: number): void
  make_images(latents: number, labels: number, count: number, pixels: number): void
  read_digits(pixels: number, labels: number, count: number, confidences: number): void
}

/** The part of WebAssembly that is used. The compiler knows it only with the types of browsers. */
interface WebAssemblyApi {
  compile(bytes: Uint8Array): Promise<WasmModule>
  Module: new (bytes: Uint8Array) => WasmModule
  Instance: new (module: WasmModule, imports: object) => { exports: unknown }
}
export const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: WebAssemblyApi }

const NONE = 0

/** The C++ code of one model in WebAssembly, with memory of its own. Its functions block until they are done. */
export class Instance {
  readonly #exports: Exports

  constructor(module: WasmModule) {
    // This C++ is compiled without exceptions: it calls this function with the code and the message of an error.
    const fail = (code: number, codeLength: number, message: number, messageLength: number) => {
      throw new DcganError(this.#text(code, codeLength) as DcganErrorCode, this.#text(message, messageLength))
    }
    this.#exports = failing(() => new wasm.Instance(module, { dcgan: { fail } }).exports as Exports)
    this.#exports._initialize()
  }

  /** Folds and packs the tensors of a generator. Their names begin with `generator.`. */
  setGenerator(tensors: readonly NativeTensor[], latentDim: number, classes: number): void {
    failing(() => {
      this.#add(tensors)
      this.#exports.make_generator(latentDim, classes)
    })
  }

  setClassifier(tensors: readonly NativeTensor[]): void {
    failing(() => {
      this.#add(tensors)
      this.#exports.make_digit_classifier()
    })
  }

  /** Draws the fixed latent vectors of a model with this seed. */
  fixedLatents(seed: number, count: number, dim: number): Float32Array {
    return this.#floats(count * dim, at => this.#exports.draw_fixed(BigInt(seed), count, dim, at))
  }

  /** Draws the latent vector of one candidate of one image of a request. */
  latent(seed: number, image: number, candidate: number, dim: number): Float32Array {
    return this.#floats(dim, at => this.#exports.draw_latent(BigInt(seed), image, candidate, dim, at))
  }

  /** Draws the labels of a request. */
  labels(seed: number, first: number, count: number, classes: number): Uint8Array {
    return failing(() => {
      const at = this.#exports.buffer(count)
      this.#exports.draw_image_labels(BigInt(seed), first, count, classes, at)
      return this.#bytes(at, count).slice()
    })
  }

  /** Makes the grey levels of a few images. `labels`: one per image, if the model has classes. */
  images(latents: Float32Array, labels: Uint8Array | undefined, count: number): Uint8Array {
    return failing(() => {
      const at = this.#exports.buffer(latents.byteLength + count * (PIXELS + 1))
      const pixels = at + latents.byteLength
      new Float32Array(this.#exports.memory.buffer, at, latents.length).set(latents)
      const labelsAt = this.#labelsAt(pixels + count * PIXELS, labels)
      this.#exports.make_images(at, labelsAt, count, pixels)
      return this.#bytes(pixels, count * PIXELS).slice()
    })
  }

  /** Returns the classifier's confidences that images show their labels or, without labels, any digit. */
  confidences(pixels: Uint8Array, labels: Uint8Array | undefined): Float32Array {
    const count = pixels.length / PIXELS
    return failing(() => {
      const at = this.#exports.buffer(count * (4 + PIXELS + 1))
      const pixelsAt = at + count * 4
      this.#bytes(pixelsAt, pixels.length).set(pixels)
      const labelsAt = this.#labelsAt(pixelsAt + pixels.length, labels)
      this.#exports.read_digits(pixelsAt, labelsAt, count, at)
      return new Float32Array(this.#exports.memory.buffer, at, count).slice()
    })
  }

  #labelsAt(at: number, labels: Uint8Array | undefined): number {
    if (labels === undefined) return NONE
    this.#bytes(at, labels.length).set(labels)
    return at
  }

  #floats(count: number, draw: (at: number) => void): Float32Array {
    return failing(() => {
      const at = this.#exports.buffer(count * 4)
      draw(at)
      return new Float32Array(this.#exports.memory.buffer, at, count).slice()
    })
  }

  #add(tensors: readonly NativeTensor[]): void {
    for (const { name, dtype, shape, data } of tensors) {
      if (dtype !== 'F32') continue
      const text = new TextEncoder().encode(name)
      const at = this.#exports.buffer(4 * shape.length + text.length)
      new Uint32Array(this.#exports.memory.buffer, at, shape.length).set(shape)
      const nameAt = at + 4 * shape.length
      this.#bytes(nameAt, text.length).set(text)
      const to = this.#exports.add_tensor(nameAt, text.length, at, shape.length)
      this.#bytes(to, data.byteLength).set(new Uint8Array(data))
    }
  }

  #text(at: number, length: number): string {
    return new TextDecoder().decode(this.#bytes(at, length))
  }

  /** A view, which ends when the memory grows. */
  #bytes(at: number, count: number): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer, at, count)
  }
}

/** Calls `call`, and gives errors of WebAssembly a code. Usually there is not enough memory. */
function failing<T>(call: () => T): T {
  try {
    return call()
  } catch (cause) {
    if (cause instanceof DcganError) throw cause
    const message = `WebAssembly failed, probably because memory ran out: ${(cause as Error).message}`
    throw new DcganError('ERR_DCGAN_NATIVE', message, { cause })
  }
}
