import { DCGAN } from '../../lib/index'
import { tiny } from '../support/dcgan'
import { failure, invalid } from '../support/failure'

test.each([
  ['lr', 'discLr or genLr'],
  ['learningRate', 'discLr or genLr'],
  ['learning_rate', 'discLr or genLr'],
  ['nz', 'latentDim'],
  ['num_classes', 'classes'],
  ['betas', 'beta1 or beta2'],
])('the hyper-parameter %s, as others call it, is answered with %s', (key, ours) => {
  expect(() => new DCGAN({ [key]: 1 })).toThrow(`Did you mean ${ours}? Known: `)
})

test.each(['x', 'width', 'optimizer', 'n'])('the key %s resembles none, so none is suggested', key => {
  expect(() => new DCGAN({ [key]: 1 })).toThrow(/Unknown key "\w+" in the hyper-parameters\. Known: /)
})

test('a hyper-parameter among the options of a method is answered with its place', async () => {
  const place = 'epochs is a hyper-parameter: give it to new DCGAN() or DCGAN.load(). Known: '
  const gan = tiny()
  const options = { epochs: 2 } as never
  for (const call of [
    () => gan.train(options),
    () => gan.trainEpoch(undefined, options),
    () => gan.sample(1, options),
    () => gan.evaluate(options),
    () => gan.saveGrid('x.png', options),
  ]) {
    await invalid(call(), place)
  }
})

test('options of pictures and counts have their usual other names too', async () => {
  const gan = tiny()
  expect((await failure(gan.saveGrid('x.png', { padding: 2 } as never))).message).toContain('mean gap?')
  expect((await failure(gan.saveGrid('x.png', { n: 2 } as never))).message).toContain('mean count?')
  expect((await failure(gan.evaluate({ n: 2 } as never))).message).toContain('mean count?')
})
