import { machineParamsOf } from './flags.js'
import { modelOf, remark, withModel } from './model.js'

interface ExportFlags extends Record<string, unknown> {
  model?: string
  output?: 'float32' | 'uint8'
  half?: boolean
  json?: boolean
}

/** Runs `libtorch-dcgan export`, which writes a model's generator as an ONNX file. */
export async function exportOnnx(file: string, flags: ExportFlags): Promise<void> {
  const { output, half } = flags
  const model = modelOf(flags.model)
  await withModel(model, machineParamsOf(flags), gan => gan.exportOnnx(file, { output, half }))
  process.stdout.write(`${flags.json ? JSON.stringify({ model, file }) : `${file}${remark(model)}`}\n`)
}
