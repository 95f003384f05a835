// The types of `libtorch-dcgan/portable` for a compiler that does not know whether the code will run in Node.js or in a
// browser, as in Next.js and Vite. Both sides have these types. `./node` and `./browser` name one side.

import type { GreyBatch } from '../../images/grey-batch.js'
import type { Source } from '../../internal/source.js'
import type { LoadOptions, PortableGenerator } from '../generator.js'

export { DcganError, type DcganErrorCode } from '../../errors.js'
export type { BatchImage } from '../../images/grey-batch.js'
export type { GridOptions } from '../../images/grid.js'
export type { PngOptions } from '../../images/picture.js'
export type { Source } from '../../internal/source.js'
export type { InterpolateOptions } from '../../sampling/interpolation.js'
export type { SampleOptions } from '../../sampling/request.js'
export type { LoadOptions } from '../generator.js'

/** Generated images, as each platform's `Generator` makes them. */
export type ImageBatch = GreyBatch
export declare const ImageBatch: new (...parts: ConstructorParameters<typeof GreyBatch>) => ImageBatch

/** A trained generator: the same images as `DCGAN.sample()` makes. */
export type Generator = PortableGenerator<ImageBatch>

export declare const Generator: {
  /** Reads a generator from a file that `save()` wrote: its path in Node.js, its URL, or its bytes. */
  load(source: Source, options?: LoadOptions): Promise<Generator>
  /** Reads the generator of digits that the package ships, as `DCGAN.pretrained()` does. */
  pretrained(): Promise<Generator>
}
