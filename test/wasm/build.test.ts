import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BASE64 } from '../../lib/wasm/bytes'

const { FILES, build, compiler } = require('../../tools/wasm.js')
const zig = compiler()

const committed = readFileSync(FILES.module)

test('the committed module is the same as WebAssembly and as TypeScript, and imports one function', async () => {
  expect(Buffer.from(BASE64, 'base64').equals(committed)).toBe(true)
  expect(committed.length).toBeLessThan(120_000)
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: {
      compile(bytes: Uint8Array): Promise<object>
      Module: { imports(module: object): object[] }
    }
  }
  const module = await WebAssembly.compile(committed)
  expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'dcgan', name: 'fail', kind: 'function' }])
})

test('the package holds the module next to the script that imports it', () => {
  const script = readFileSync(join(__dirname, '../../dist/browser/portable/web/edge.js'), 'utf8')
  const [, path = ''] = /from '(.*)\?module'/.exec(script) ?? []
  expect(join(__dirname, '../../dist/browser/portable/web', path)).toBe(FILES.module)
})

;(zig === undefined ? test.skip : test)(
  'the committed module is what its sources compile to',
  async () => {
    expect((await build(zig)).equals(committed)).toBe(true)
    // A minute, and many where other work has the processor.
  },
  1_200_000,
)
