import type { App } from '../package/support'
import { appWith, bin, platforms, write } from './support'

jest.setTimeout(1_200_000)

platforms('vitest', () => {
  let app: App
  beforeAll(async () => {
    app = await appWith('vitest')
    write(app, {
      'digits.test.ts': `import { DCGAN } from 'libtorch-dcgan'
import { expect, test } from 'vitest'
test('digits', async () => {
  await using gan = await DCGAN.pretrained({ device: 'cpu', threads: 1 })
  expect((await gan.sample(2, { seed: 42, labels: 7 })).count).toBe(2)
  await expect(gan.sample(-1)).rejects.toMatchObject({ code: 'ERR_DCGAN_INVALID_ARGUMENT' })
}, 200_000)
`,
    })
  })

  test.each(['threads', 'forks', 'vmThreads', 'vmForks'])('runs models in its pool %s', async pool => {
    const { status, stdout, stderr } = await bin(app, 'vitest', 'run', '--pool', pool)
    expect({ status, output: stdout + stderr }).toEqual({
      status: 0,
      output: expect.stringMatching(/1 passed/),
    })
  })
})
