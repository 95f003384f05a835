import { copyOf } from '../typed-arrays.js'
import { CanvasBatch } from './canvas-batch.js'
import { type LoadOptions, openGenerator, PortableGenerator } from './generator.js'
import type { OnnxRuntime } from './session.js'
import { bytesOf, checkLoad, fetched, type Source } from './source.js'

export { DcganError, type DcganErrorCode } from '../errors.js'
export type { LoadOptions } from './generator.js'
export type { OnnxRuntime, OnnxSession } from './session.js'
export type { Source } from './source.js'
export { CanvasBatch as ImageBatch }

/** A trained generator in a browser, on `onnxruntime-web`: the same images as `DCGAN.sample()` makes. */
export class Generator extends PortableGenerator<CanvasBatch> {
  /**
   * Reads a generator from a file that `save(file, { only: 'generator' })` wrote.
   *
   * @param source its URL, relative to the page, or its bytes
   * @throws {DcganError} `ERR_DCGAN_BAD_CHECKPOINT`, `ERR_DCGAN_IO`
   */
  static async load(source: Source, options?: LoadOptions): Promise<Generator> {
    const { runtime } = checkLoad(source, options)
    const given = bytesOf(source)
    const [bytes, ort] = await Promise.all([
      // Copied, because the runtime may come later.
      given === undefined ? fetched(source as string | URL, globalThis.location?.href) : copyOf(given),
      runtime ?? smallestRuntime(),
    ])
    const name = typeof source === 'string' || source instanceof URL ? String(source) : 'the bytes'
    return new Generator(await openGenerator(bytes, name, ort))
  }

  /** Reads the generator of digits that the package ships, as `DCGAN.pretrained()` does. Bundlers copy its file. */
  static pretrained(options?: LoadOptions): Promise<Generator> {
    return Generator.load(new URL('../../../weights/mnist.safetensors', import.meta.url), options)
  }

  protected override batch(pixels: Uint8Array, labels: Uint8Array | undefined): CanvasBatch {
    return new CanvasBatch(pixels, labels)
  }
}

async function smallestRuntime(): Promise<OnnxRuntime> {
  const runtime = (await import('onnxruntime-web/wasm')) as unknown as OnnxRuntime
  // Nothing else makes it fetch and compile its WebAssembly now, while the weights are on their way.
  runtime.InferenceSession.create(new Uint8Array()).catch(() => {})
  return runtime
}
