import { transformSync } from '@swc/core'
import { documents } from './documents.js'
import { blocksOf } from './markdown.js'

/** Stands for a model. The test decides when its file is loaded; requests wait until then. */
class FakeModel {
  static readonly all: FakeModel[] = []
  static readonly loading: (() => void)[] = []
  disposals = 0

  constructor() {
    FakeModel.all.push(this)
  }

  static async load(): Promise<FakeModel> {
    await new Promise<void>(resolve => FakeModel.loading.push(resolve))
    return new FakeModel()
  }

  static async pretrained(): Promise<FakeModel> {
    return new FakeModel()
  }

  async sample(): Promise<string> {
    await new Promise(setImmediate)
    if (this.disposals > 0) throw new Error('disposed of under a request')
    return 'an image'
  }

  async dispose(): Promise<void> {
    this.disposals++
  }
}

interface Server {
  sample(seed: number): Promise<unknown>
  reload(file: string): Promise<void>
  end(): Promise<void>
}

/** The guide's functions, and what its program ends with. */
async function guide(): Promise<Server> {
  const text = documents().find(({ name }) => name === 'docs/serving.md')?.text ?? ''
  const code = blocksOf(text).find(block => block.code.includes('function reload'))?.code ?? ''
  const functions = code.slice(0, code.indexOf('\nawait ')).replace(/^import .*$/m, '')
  const typescript = `async () => {${functions}\nreturn { sample, reload, end: () => gan.dispose() }}`
  const { code: javascript } = transformSync(typescript, {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  })
  return new Function('DCGAN', `return (${javascript.trim().replace(/;$/, '')})()`)(FakeModel)
}

test('the serving guide disposes of every model once when reloads overlap, and no request fails', async () => {
  const server = await guide()
  const requests: Promise<unknown>[] = []
  const reloads = ['a', 'b', 'c'].map(file => server.reload(file))
  // The second file is loaded first, and the requests come between.
  for (const i of [1, 0, 2]) {
    requests.push(server.sample(i))
    FakeModel.loading[i]?.()
    await new Promise(setImmediate)
    requests.push(server.sample(i))
  }
  expect(await Promise.all(requests)).toEqual(Array(6).fill('an image'))
  await Promise.all(reloads)
  await server.end()
  expect(FakeModel.all.map(({ disposals }) => disposals)).toEqual([1, 1, 1, 1])
})
