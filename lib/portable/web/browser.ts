import { checkModelSource, type Source } from '../../internal/source.js'
import { compile } from '../../wasm/module.js'
import { type LoadOptions, loadGenerator, type Platform, PortableGenerator } from '../generator.js'
import { WebBatch } from './batch.js'
import { openWeb } from './source.js'

export { DcganError, type DcganErrorCode } from '../../errors.js'
export type { BatchImage } from '../../images/grey-batch.js'
export type { GridOptions } from '../../images/grid.js'
export type { PngOptions } from '../../images/picture.js'
export type { Source } from '../../internal/source.js'
export type { InterpolateOptions } from '../../sampling/interpolation.js'
export type { SampleOptions } from '../../sampling/request.js'
export type { LoadOptions } from '../generator.js'
export { WebBatch as ImageBatch }

const platform: Platform<WebBatch> = {
  get module() {
    return compile()
  },
  check: checkModelSource,
  open: openWeb,
  // Bundlers copy these two files.
  shipped: name =>
    name === 'mnist'
      ? new URL('../../../../weights/mnist.safetensors', import.meta.url)
      : new URL('../../../../weights/classifier.safetensors', import.meta.url),
  Batch: WebBatch,
}

/** A trained generator in a browser or a worker: the same images as `DCGAN.sample()` makes. */
export class Generator extends PortableGenerator<WebBatch> {
  /**
   * Reads a generator from a file that `save()` wrote: of a generator, or of a whole model.
   *
   * @param source its URL, relative to the page, or its bytes
   * @throws {DcganError} `ERR_DCGAN_BAD_CHECKPOINT`, `ERR_DCGAN_IO`
   */
  static async load(source: Source, options?: LoadOptions): Promise<Generator> {
    return new Generator(await loadGenerator(platform, source, options))
  }

  /** Reads the generator of digits that the package ships, as `DCGAN.pretrained()` does. */
  static async pretrained(): Promise<Generator> {
    return Generator.load(platform.shipped('mnist'))
  }
}
