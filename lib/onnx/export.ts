import type { HyperParams } from '../hyperparams.js'
import { packageVersion } from '../internal/installed.js'
import { checkOptions, checkSwitch, oneOf, orElse } from '../internal/options.js'
import type { NativeState } from '../native/types.js'
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
  const checks = { output: orElse('float32', oneOf('float32', 'uint8')), half: checkSwitch }
  return checkOptions('the options of exportOnnx()', options, checks)
}

/** Makes an ONNX model of the generator in an exported state. */
export function exportModel(
  { tensors, step, epoch }: NativeState,
  hparams: Readonly<HyperParams>,
  classNames: readonly string[] | undefined,
  options: OnnxOptions,
): Uint8Array {
  const { latentDim, classes } = hparams
  const floats = tensors
    .filter(({ dtype }) => dtype === 'F32')
    .map(({ name, data }) => [name.slice(PREFIX.length), new Float32Array(data)] as const)
  return onnxModel(fold(new Map(floats), latentDim, classes), options, {
    release: packageVersion(),
    version: step,
    description: describe(hparams, options),
    properties: {
      hparams: JSON.stringify({ ...hparams, distributed: undefined }),
      step: String(step),
      epoch: String(epoch),
      // The name of a class without one is its label.
      ...(classes > 0 && {
        class_names: JSON.stringify(Array.from({ length: classes }, (_, i) => classNames?.[i] ?? String(i))),
      }),
    },
  })
}

function describe({ latentDim, classes }: HyperParams, { output }: OnnxOptions): string {
  const labels = classes > 0 ? ` labels: int64 [N], from 0 to ${classes - 1}.` : ''
  const range = output === 'uint8' ? 'uint8, 0 black to 255 white' : 'float32, -1 black to 1 white'
  return (
    'The generator of a DCGAN. ' +
    `latents: float32 [N, ${latentDim}], from a standard normal distribution.${labels} ` +
    `images: [N, 1, 28, 28], ${range}.`
  )
}
