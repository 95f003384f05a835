import { appWith, bin, platforms, write } from './support'

jest.setTimeout(1_200_000)

platforms('Jest', () => {
  test('runs models', async () => {
    const app = await appWith('jest')
    write(app, {
      'digits.test.cjs': `const { DCGAN } = require('libtorch-dcgan')
let gan
beforeAll(async () => { gan = await DCGAN.pretrained({ device: 'cpu', threads: 1 }) }, 200_000)
afterAll(() => gan.dispose())
test('digits', async () => {
  const { count, pixels } = await gan.sample(2, { seed: 42, labels: 7 })
  expect([count, pixels instanceof Uint8Array]).toEqual([2, true])
  await expect(gan.sample(-1)).rejects.toMatchObject({ code: 'ERR_DCGAN_INVALID_ARGUMENT' })
}, 200_000)
`,
    })
    const { status, stdout, stderr } = await bin(app, 'jest', '--testMatch', '**/*.test.cjs')
    expect({ status, output: stdout + stderr }).toEqual({
      status: 0,
      output: expect.stringMatching(/1 passed/),
    })
  })
})
