import * as tf from '@tensorflow/tfjs'

const normal = () => tf.initializers.randomNormal({ mean: 0, stddev: 0.02 })

/** The tutorial's two networks in TensorFlow.js. */
export function generator() {
  const up = (filters, kernelSize, strides) =>
    tf.layers.conv2dTranspose({
      filters,
      kernelSize,
      strides,
      padding: 'same',
      useBias: false,
      kernelInitializer: normal(),
    })
  return tf.sequential({
    layers: [
      tf.layers.dense({ inputShape: [100], units: 12544, useBias: false }),
      tf.layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5 }),
      tf.layers.reLU(),
      tf.layers.reshape({ targetShape: [7, 7, 256] }),
      up(128, 5, 1),
      tf.layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5 }),
      tf.layers.reLU(),
      up(64, 4, 2),
      tf.layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5 }),
      tf.layers.reLU(),
      up(1, 4, 2),
      tf.layers.activation({ activation: 'tanh' }),
    ],
  })
}

export function discriminator() {
  const down = (filters, rest) =>
    tf.layers.conv2d({
      filters,
      kernelSize: 4,
      strides: 2,
      padding: 'same',
      kernelInitializer: normal(),
      ...rest,
    })
  return tf.sequential({
    layers: [
      down(64, { inputShape: [28, 28, 1] }),
      tf.layers.leakyReLU({ alpha: 0.2 }),
      tf.layers.dropout({ rate: 0.3 }),
      down(128),
      tf.layers.leakyReLU({ alpha: 0.2 }),
      tf.layers.dropout({ rate: 0.3 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 1 }),
    ],
  })
}
