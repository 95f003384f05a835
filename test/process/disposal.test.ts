import { join } from 'node:path'
import { runNode } from './child'

const DIST = join(__dirname, '..', '..', 'dist')

/** Loads the library as test runners do that give each file a context of node:vm: Vitest's pools vmThreads and vmForks. */
const SCRIPT = `
const { readFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { dirname } = require('node:path')
const vm = require('node:vm')

const context = vm.createContext()
const inner = vm.runInContext('globalThis', context)
for (const name of Object.getOwnPropertyNames(globalThis)) if (!(name in inner)) inner[name] = globalThis[name]
const loaded = new Map()
function load(file) {
  if (loaded.has(file)) return loaded.get(file).exports
  const module = { exports: {} }
  loaded.set(file, module)
  const outside = createRequire(file)
  const inside = name => name.startsWith('.') && !name.endsWith('.json') ? load(outside.resolve(name)) : outside(name)
  const code = readFileSync(file, 'utf8')
  const names = ['exports', 'require', 'module', '__filename', '__dirname']
  vm.compileFunction(code, names, { parsingContext: context, filename: file })(module.exports, inside, module, file, dirname(file))
  return module.exports
}

async function main() {
  const { DCGAN } = load(process.argv[1])
  const gan = new DCGAN({ device: 'cpu', threads: 1, outputDim: 2 })
  // What TypeScript, swc and esbuild make of "await using gan".
  const method = vm.runInContext("Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')", context)
  if (typeof gan[method] !== 'function') throw new TypeError('Object is not disposable')
  await gan[method]()
  await gan.sample().catch(({ code }) => console.log(code))
}
main()
`

test('await using disposes of a model in a context of node:vm, which has no Symbol.asyncDispose before Node.js 24', async () => {
  const { stdout, stderr } = await runNode(['--no-warnings', '-e', SCRIPT, '--', join(DIST, 'index.js')], {
    cwd: DIST,
  })
  expect({ stdout, stderr }).toEqual({ stdout: 'ERR_DCGAN_DISPOSED\n', stderr: '' })
})
