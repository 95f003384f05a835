import { bytesReader, checkModelSource, fetchReader, type Source } from '../source.js'
import { CanvasBatch } from './canvas-batch.js'
import { openGenerator, PortableGenerator } from './generator.js'
import { checkLoadOptions, type LoadOptions } from './options.js'
import type { OnnxRuntime } from './session.js'

export { DcganError, type DcganErrorCode } from '../errors.js'
export type { Source } from '../source.js'
export type { LoadOptions } from './options.js'
export type { OnnxRuntime, OnnxSession } from './session.js'
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
    const { runtime } = checkLoadOptions(options)
    const checked = checkModelSource(source)
    const [reader, ort] = await Promise.all([
      'bytes' in checked
        ? bytesReader(checked.name, checked.bytes)
        : fetchReader(checked.address, globalThis.location?.href),
      runtime ?? smallestRuntime(),
    ])
    return new Generator(await openGenerator(reader, ort))
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
