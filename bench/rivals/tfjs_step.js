// The adversarial step in TensorFlow.js on its plain JavaScript backend: the WebAssembly one has no gradients of
// convolutions. It is so slow that a round is one step on a few images: node tfjs_step.js IMAGES
import * as tf from '@tensorflow/tfjs'
import { serve } from '../rounds.js'
import { discriminator, generator } from './tfjs_model.js'

const batch = Number(process.argv[2])
await tf.setBackend('cpu')
const gen = generator()
const disc = discriminator()
const [genAdam, discAdam] = [tf.train.adam(2e-4), tf.train.adam(2e-4)]
const bce = (labels, logits) => tf.losses.sigmoidCrossEntropy(labels, logits)
const weights = network => network.trainableWeights.map(weight => weight.val)
const training = { training: true }

/** One generator forward a loss: TensorFlow.js keeps no tape from one `variableGrads` to the next. */
function step(real) {
  const [ones, zeros] = [tf.ones([batch, 1]), tf.zeros([batch, 1])]
  const latents = tf.randomNormal([batch, 100])
  const fake = gen.apply(latents, training)
  const discriminate = () =>
    bce(ones, disc.apply(real, training))
      .add(bce(zeros, disc.apply(fake, training)))
      .asScalar()
  const { grads: discGrads } = tf.variableGrads(discriminate, weights(disc))
  discAdam.applyGradients(discGrads)
  const deceive = () => bce(ones, disc.apply(gen.apply(latents, training), training)).asScalar()
  const { grads: genGrads, value } = tf.variableGrads(deceive, weights(gen))
  genAdam.applyGradients(genGrads)
  return value.dataSync()[0]
}

function oneRound() {
  const begin = performance.now()
  tf.tidy(() => step(tf.randomUniform([batch, 28, 28, 1], -1, 1)))
  return { seconds: (performance.now() - begin) / 1000, images: batch }
}

oneRound()
await serve({ version: tf.version.tfjs, threads: 1 }, oneRound)
