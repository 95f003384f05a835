import fs from 'node:fs'
import { compiledLibTorch, Package } from './setup-support'

const made = new Package()

test('installing never fails, and says what is left to do', async () => {
  const { status, stderr } = await made.run('install.js', [], { LIBTORCH: '/somewhere' })
  expect(status).toBe(0)
  expect(stderr).toMatch(/LIBTORCH is \/somewhere[\s\S]*not ready.*npx libtorch-dcgan setup\n$/)
})

test('installing sets up', async () => {
  const { status, stderr } = await made.run('install.js', [], { LIBTORCH: compiledLibTorch() })
  expect(status).toBe(0)
  expect(stderr).toMatch(/Ready/)
  expect(made.compiledVersion()).toBe('2.13.0')
})

test('installing does nothing where it is told so, and in a clone says what does', async () => {
  fs.rmSync(made.path('build'), { recursive: true })
  const env = { LIBTORCH: '/somewhere' }
  expect(await made.run('install.js', [], { ...env, LIBTORCH_DCGAN_SKIP_SETUP: '1' })).toMatchObject({
    stderr: '',
  })
  made.clone({})
  expect(await made.run('install.js', [], env)).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^A clone.*npm run setup.*\n$/),
  })
  expect(fs.existsSync(made.path('build'))).toBe(false)
})
