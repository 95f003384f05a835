import module from '../../../../lib/wasm/sampler.wasm?module'
import { DcganError } from '../../errors.js'
import { checkModelSource, type Source } from '../../internal/source.js'
import type { WasmModule } from '../../wasm/instance.js'
import { type LoadOptions, loadGenerator, type Platform, PortableGenerator } from '../generator.js'
import { WebBatch } from './batch.js'
import { openWeb } from './source.js'

export { DcganError } from '../../errors.js'
export { WebBatch as ImageBatch }

// Edge runtimes have no files, and compile no WebAssembly while they run: bundlers give them a compiled module.
const platform: Platform<WebBatch> = {
  module: module as WasmModule,
  check: checkModelSource,
  open: openWeb,
  shipped(name) {
    throw new DcganError(
      'ERR_DCGAN_IO',
      `An edge runtime has no file of the package's weights. Import them, and give them to load(): import weights from 'libtorch-dcgan/weights/${name}.safetensors'`,
    )
  },
  Batch: WebBatch,
}

/** A trained generator in an edge runtime, such as Cloudflare's workerd: the same images as `DCGAN.sample()` makes. */
export class Generator extends PortableGenerator<WebBatch> {
  /** Reads a generator from a file that `save()` wrote: its URL or its bytes. */
  static async load(source: Source, options?: LoadOptions): Promise<Generator> {
    return new Generator(await loadGenerator(platform, source, options))
  }

  /** Rejects with `ERR_DCGAN_IO`, and the lines that load the digits that the package ships. */
  static async pretrained(): Promise<Generator> {
    return Generator.load(platform.shipped('mnist'))
  }
}
