import { invalidArgument } from '../errors.js'
import { checkKeys, reading } from '../options.js'
import type { OnnxRuntime } from './session.js'

/** Options of `Generator.load()` and `Generator.pretrained()`. */
export interface LoadOptions {
  /** The onnxruntime to use, such as `import * as ort from 'onnxruntime-web'`. Default: the one that is installed. */
  runtime?: OnnxRuntime | undefined
}

/** Checks the options of `load()`. */
export function checkLoadOptions(options: LoadOptions | undefined): LoadOptions {
  const { runtime } = checkKeys('the options of load()', options, ['runtime'])
  const create = reading('runtime', () => (runtime as LoadOptions['runtime'])?.InferenceSession)
  if (runtime !== undefined && typeof create !== 'function') {
    throw invalidArgument('runtime', 'the module onnxruntime-node or onnxruntime-web', runtime)
  }
  return { runtime: runtime as LoadOptions['runtime'] }
}
