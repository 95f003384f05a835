import { join } from 'node:path'
import { ImageBatch } from '../images/batch.js'
import { assertInstalled } from '../internal/installed.js'
import { checkLocalSource, openSource } from '../internal/local-source.js'
import type { Source } from '../internal/source.js'
import { compile } from '../wasm/module.js'
import { type LoadOptions, loadGenerator, type Platform, PortableGenerator } from './generator.js'

export { DcganError, type DcganErrorCode } from '../errors.js'
export type { BatchImage } from '../images/grey-batch.js'
export type { GridOptions } from '../images/grid.js'
export type { PngOptions } from '../images/picture.js'
export type { Source } from '../internal/source.js'
export type { InterpolateOptions } from '../sampling/interpolation.js'
export type { SampleOptions } from '../sampling/request.js'
export type { LoadOptions } from './generator.js'
export { ImageBatch }

const ROOT = join(__dirname, '..', '..')

const platform: Platform<ImageBatch> = {
  get module() {
    return compile()
  },
  check: checkLocalSource,
  open: openSource,
  shipped(name) {
    assertInstalled(ROOT, 'ERR_DCGAN_IO')
    return join(ROOT, 'weights', `${name}.safetensors`)
  },
  Batch: ImageBatch,
}

/**
 * A trained generator in WebAssembly, without LibTorch and without the addon. It samples; training needs `DCGAN`.
 *
 * @example
 * import { Generator } from 'libtorch-dcgan/portable'
 *
 * const generator = await Generator.pretrained()
 * const sevens = await generator.sample(16, { seed: 42, labels: 7 })
 * await generator.dispose()
 */
export class Generator extends PortableGenerator<ImageBatch> {
  /**
   * Reads a generator from a file that `save()` wrote: of a generator, or of a whole model.
   *
   * @param source its path, its URL (`file:`, `http:` or `https:`), or its bytes
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
