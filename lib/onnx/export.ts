import { invalidArgument } from '../errors.js'
import type { NativeTensor } from '../native/types.js'
import { checkBoolean, checkKeys } from '../options.js'
import { fold } from './fold.js'
import { type OnnxOptions, onnxModel } from './model.js'

/** Options of `exportOnnx()`. */
export interface ExportOnnxOptions {
  /**
   * `'float32'` (default): images are numbers in (−1, 1), as the generator makes them. `'uint8'`: grey levels, 0 black
   * to 255 white, as in `ImageBatch.pixels`.
   */
  output?: 'float32' | 'uint8' | undefined
  /**
   * Stores the weights in half precision, as `save(file, { only: 'generator', half: true })` does, which halves the size.
   * The model still computes in float32. Default false.
   */
  half?: boolean | undefined
}

const PREFIX = 'generator.'

/** Checks the options of `exportOnnx`. */
export function checkExportOnnx(options: ExportOnnxOptions | undefined): OnnxOptions {
  const { output = 'float32', half } = checkKeys('the options of exportOnnx()', options, ['output', 'half'])
  if (output !== 'float32' && output !== 'uint8')
    throw invalidArgument('output', "'float32' or 'uint8'", output)
  return { output, half: checkBoolean('half', half, false) }
}

/** Makes an ONNX model of the generator in an exported state. */
export function exportModel(
  state: readonly NativeTensor[],
  { latentDim, classes }: { latentDim: number; classes: number },
  options: OnnxOptions,
): Uint8Array {
  const tensors = state
    .filter(({ dtype }) => dtype === 'F32')
    .map(({ name, data }) => [name.slice(PREFIX.length), new Float32Array(data)] as const)
  return onnxModel(fold(new Map(tensors), latentDim, classes), options)
}
