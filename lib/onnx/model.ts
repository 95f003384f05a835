import { encodeF16 } from '../checkpoint/half.js'
import { Message } from '../internal/protobuf.js'
import { FEATURES, SIDE } from '../internal/sizes.js'
import { type FoldedGenerator, multiplied, type Scaled } from './fold.js'

/** Options of the exported model. */
export interface OnnxOptions {
  /** Grey levels (uint8) in place of floating-point numbers in (−1, 1). */
  output: 'float32' | 'uint8'
  /** Stores the weights in half precision. Biases and scales stay in float32: they are few. */
  half: boolean
}

/** The description of a model in its file, for its users. */
interface ModelCard {
  /** The release of this library. */
  release: string
  /** Training steps made: a later state of the same run has a higher version. */
  version: number
  description: string
  properties: Readonly<Record<string, string>>
}

// Field numbers and values of onnx.proto (github.com/onnx/onnx, IR version 7).
const IR_VERSION = 7
const OPSET = 13
const Type = { float: 1, uint8: 2, int64: 7, float16: 10 } as const
const Attribute = { int: 2, ints: 7 } as const

/**
 * Writes a folded generator as an ONNX model (opset 13). Inputs `latents` and, with classes, `labels`; output `images`.
 * A label that is no class, or another number of labels than of latent vectors, makes the runtime fail.
 */
export function onnxModel(
  generator: FoldedGenerator,
  { output, half }: OnnxOptions,
  card: ModelCard,
): Uint8Array {
  const graph = new Message()
  let named = 0
  const node = (operator: string, inputs: string[], attributes: Message[] = [], result?: string) => {
    const name = result ?? `${operator.toLowerCase()}${++named}`
    const message = new Message()
    for (const input of inputs) message.text(1, input)
    message.text(2, name).text(3, name).text(4, operator)
    for (const attribute of attributes) message.bytes(5, attribute)
    graph.bytes(1, message)
    return name
  }
  const initialisers: Message[] = []
  const floats = (name: string, shape: number[], values: Float32Array) => {
    initialisers.push(tensor(name, Type.float, shape, bytesOf(values)))
    return name
  }
  // In half precision the scales stand next to the weights, which are then as in a half-precision state file.
  const weights = (name: string, shape: number[], scaled: Scaled, scales: number[]) => {
    if (!half)
      return floats(name, shape, multiplied(scaled, shape.slice(scales.indexOf(scaled.scale.length) + 1)))
    const halves = new Uint16Array(scaled.weight.length)
    encodeF16(scaled.weight, halves)
    initialisers.push(tensor(`${name}.half`, Type.float16, shape, bytesOf(halves)))
    const weight = node('Cast', [`${name}.half`], [integer('to', Type.float)])
    return node('Mul', [weight, floats(`${name}.scale`, scales, Float32Array.from(scaled.scale))], [], name)
  }
  const integers64 = (name: string, shape: number[], ...values: number[]) => {
    initialisers.push(tensor(name, Type.int64, shape, bytesOf(BigInt64Array.from(values, BigInt))))
    return name
  }
  const number = (name: string, value: number) => floats(name, [], Float32Array.of(value))
  const upsample = (inputs: string[], side: number, stride: number, pad: number) =>
    node('ConvTranspose', inputs, [
      integers('kernel_shape', [side, side]),
      integers('strides', [stride, stride]),
      integers('pads', [pad, pad, pad, pad]),
    ])

  const { latentDim, classes } = generator
  const linear = weights('linear.weight', [FEATURES, latentDim], generator.linear, [FEATURES, 1])
  const rows = Math.max(1, classes)
  const bias = floats('linear.bias', [rows, FEATURES], generator.linearBias)
  const transposed = [integer('transB', 1)]
  const rowOfEach = () => {
    // Add would broadcast one label, or one latent vector: Reshape fails where the numbers differ.
    const count = node('Gather', [node('Shape', ['latents']), integers64('first', [1], 0)])
    const labels = node('Reshape', ['labels', count])
    graph.bytes(13, valueInfo(labels, Type.int64, ['N'])) // shape inference does not follow a computed shape
    // Gather would count -1 from the end: it fails where the index is the number of classes.
    const negative = node('Less', [labels, integers64('zero', [], 0)])
    return node('Gather', [bias, node('Where', [negative, integers64('classes', [], classes), labels])])
  }
  const dense =
    classes === 0
      ? node('Gemm', ['latents', linear, bias], transposed)
      : node('Add', [node('Gemm', ['latents', linear], transposed), rowOfEach()])
  // A size of 0 is the size of the input.
  let x = node('Relu', [node('Reshape', [dense, integers64('map', [4], 0, 256, 7, 7)])])
  const bias1 = floats('conv1.bias', [128], generator.conv1Bias)
  const conv1 = weights('conv1.weight', [256, 128, 5, 5], generator.conv1, [1, 128, 1, 1])
  x = node('Relu', [upsample([x, conv1, bias1], 5, 1, 2)])
  const bias2 = floats('conv2.bias', [64], generator.conv2Bias)
  const conv2 = weights('conv2.weight', [128, 64, 4, 4], generator.conv2, [1, 64, 1, 1])
  x = node('Relu', [upsample([x, conv2, bias2], 4, 2, 1)])
  x = upsample([x, floats('conv3.weight', [64, 1, 4, 4], generator.conv3)], 4, 2, 1)
  if (output === 'float32') {
    node('Tanh', [x], [], 'images')
  } else {
    // round(255 (x + 1) / 2): adding 0.5 rounds, because the cast truncates.
    x = node('Add', [node('Tanh', [x]), number('one', 1)])
    x = node('Add', [node('Mul', [x, number('half', 127.5)]), number('rounding', 0.5)])
    node('Cast', [x], [integer('to', Type.uint8)], 'images')
  }

  graph.text(2, 'dcgan_generator')
  for (const initialiser of initialisers) graph.bytes(5, initialiser)
  graph.bytes(11, valueInfo('latents', Type.float, ['N', latentDim]))
  if (classes > 0) graph.bytes(11, valueInfo('labels', Type.int64, ['N']))
  graph.bytes(12, valueInfo('images', Type[output === 'uint8' ? 'uint8' : 'float'], ['N', 1, SIDE, SIDE]))
  const model = new Message().integer(1, IR_VERSION).text(2, 'libtorch-dcgan').text(3, card.release)
  model.integer(5, card.version).text(6, card.description).bytes(7, graph)
  model.bytes(8, new Message().text(1, '').integer(2, OPSET))
  for (const [key, value] of Object.entries(card.properties))
    model.bytes(14, new Message().text(1, key).text(2, value))
  return model.toBytes()
}

function tensor(name: string, type: number, shape: readonly number[], data: Uint8Array): Message {
  const message = new Message()
  for (const size of shape) message.integer(1, size)
  return message.integer(2, type).text(8, name).bytes(9, data)
}

function integer(name: string, value: number): Message {
  return new Message().text(1, name).integer(3, value).integer(20, Attribute.int)
}

function integers(name: string, values: readonly number[]): Message {
  const message = new Message().text(1, name)
  for (const value of values) message.integer(8, value)
  return message.integer(20, Attribute.ints)
}

/**
 * Describes an input, an output or a value between them. Each dimension is a size, or the name of a size that the
 * caller chooses.
 */
function valueInfo(name: string, type: number, shape: readonly (number | string)[]): Message {
  const dimensions = new Message()
  for (const size of shape) {
    const dimension = new Message()
    dimensions.bytes(1, typeof size === 'number' ? dimension.integer(1, size) : dimension.text(2, size))
  }
  return new Message()
    .text(1, name)
    .bytes(2, new Message().bytes(1, new Message().integer(1, type).bytes(2, dimensions)))
}

/** Returns the bytes of numbers. ONNX is little-endian, and so are all machines that this runs on. */
function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array | BigInt64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
