import fs from 'node:fs'
import path from 'node:path'
import { checkStep } from '../../lib/setup/check-library.js'
import { temporary } from '../support/folder'
import { problem } from './support'

const ROOT = path.join(__dirname, '..', '..')

/** A package with a library that answers with this difference, after this statement. */
function library(difference: number, statement = ''): string {
  const root = temporary()
  fs.mkdirSync(path.join(root, 'dist'))
  const text = `exports.DCGAN = class {
    constructor(hparams) { this.loss = hparams.kernels === 'plain' ? 1 : 1 + ${difference} }
    async trainEpoch() { ${statement}; return { discLosses: [1, this.loss], genLosses: [1] } }
    async dispose() {}
  }`
  fs.writeFileSync(path.join(root, 'dist', 'index.js'), text)
  return root
}

test('the two kinds of step of the real library agree', () => {
  const { detail, status } = checkStep(ROOT, 'cpu')
  expect(detail).toMatch(/^24 steps .* differ by \S+ at most$/)
  expect(status).toBeUndefined()
})

test('a step that computes something else is a failure', () => {
  expect(problem(() => checkStep(library(0.01)))).toMatchObject({
    message: expect.stringContaining('differ by 0.010'),
    fix: expect.stringContaining("kernels: 'plain'"),
  })
})

test('a graph that could not be captured is reported, although the steps agree', () => {
  const root = library(0, "process.emitWarning('No CUDA graph', { code: 'DCGAN_NO_GRAPH' })")
  expect(checkStep(root)).toMatchObject({ status: 'note', detail: 'No CUDA graph' })
})

test("what LibTorch refuses is the check's message", () => {
  const root = library(0, "throw Object.assign(new Error('no kernel image'), { code: 'ERR_DCGAN_NATIVE' })")
  expect(problem(() => checkStep(root))).toMatchObject({
    code: 'ERR_DCGAN_NATIVE',
    message: 'ERR_DCGAN_NATIVE: no kernel image',
  })
})
