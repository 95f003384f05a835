import { join } from 'node:path'
import { DcganError } from '../errors.js'
import { ImageBatch } from '../images/batch.js'
import { assertInstalled } from '../installed.js'
import { checkLocalSource, openSource } from '../local-source.js'
import type { Source } from '../source.js'
import { openGenerator, PortableGenerator } from './generator.js'
import { checkLoadOptions, type LoadOptions } from './options.js'
import type { OnnxRuntime } from './session.js'

export { DcganError, type DcganErrorCode } from '../errors.js'
export type { Source } from '../source.js'
export type { LoadOptions } from './options.js'
export type { OnnxRuntime, OnnxSession } from './session.js'
export { ImageBatch }

const PRETRAINED = join(__dirname, '..', '..', 'weights', 'mnist.safetensors')

/**
 * A trained generator without LibTorch and without the addon, on `onnxruntime-node` or `onnxruntime-web`: for platforms
 * that have no LibTorch, and for small deployments. It samples; training needs `DCGAN`.
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
   * Reads a generator from a file that `save(file, { only: 'generator' })` wrote.
   *
   * @param source its path, its URL (`file:`, `http:` or `https:`), or its bytes
   * @throws {DcganError} `ERR_DCGAN_BAD_CHECKPOINT`, `ERR_DCGAN_IO`; `ERR_DCGAN_NATIVE_NOT_FOUND` if no onnxruntime is
   *   installed
   */
  static async load(source: Source, options?: LoadOptions): Promise<Generator> {
    const { runtime } = checkLoadOptions(options)
    const checked = checkLocalSource(source)
    const ort = runtime ?? installed()
    return new Generator(await openGenerator(await openSource(checked), ort))
  }

  /** Reads the generator of digits that the package ships, as `DCGAN.pretrained()` does. */
  static async pretrained(options?: LoadOptions): Promise<Generator> {
    assertInstalled(join(__dirname, '..', '..'), 'ERR_DCGAN_IO')
    return Generator.load(PRETRAINED, options)
  }

  protected override batch(pixels: Uint8Array, labels: Uint8Array | undefined): ImageBatch {
    return new ImageBatch(pixels, labels)
  }
}

/**
 * Returns the onnxruntime that is installed beside this package. Each has a `try` of its own, because bundlers and
 * tracers then accept that it may be missing.
 */
function installed(): OnnxRuntime {
  let broken: Error | undefined
  try {
    return require('onnxruntime-node')
  } catch (cause) {
    broken = unlessMissing('onnxruntime-node', cause)
  }
  try {
    const web = require('onnxruntime-web')
    if (broken !== undefined) warnOfWeb(broken)
    return web
  } catch (cause) {
    const reason = unlessMissing('onnxruntime-web', cause)
    if (reason !== undefined) throw doesNotLoad('onnxruntime-web', reason)
  }
  if (broken !== undefined) throw doesNotLoad('onnxruntime-node', broken, ': npm install onnxruntime-web')
  throw new DcganError(
    'ERR_DCGAN_NATIVE_NOT_FOUND',
    'No onnxruntime is installed, and libtorch-dcgan/portable computes on one: npm install onnxruntime-node',
  )
}

/** Returns why a package could not be required, or undefined if it is not installed. */
function unlessMissing(name: string, cause: unknown): Error | undefined {
  const { code, message } = cause as NodeJS.ErrnoException
  return code === 'MODULE_NOT_FOUND' && message.includes(name) ? undefined : (cause as Error)
}

function doesNotLoad(name: string, cause: Error, advice = ''): DcganError {
  return new DcganError('ERR_DCGAN_NATIVE', `${name} does not load: ${cause.message}${advice}`, { cause })
}

let warned = false

/** Warns once per process that the slower runtime stands in for one that is installed. */
function warnOfWeb({ message }: Error): void {
  if (warned) return
  warned = true
  process.emitWarning(
    `onnxruntime-node does not load, so generators run on onnxruntime-web, which is slower: ${message}`,
    { code: 'DCGAN_NO_ONNXRUNTIME_NODE' },
  )
}
