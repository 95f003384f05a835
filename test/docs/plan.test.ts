import { App } from './app.js'
import { blocksOf } from './markdown.js'
import { type PlacedBlock, Plan } from './plan.js'
import { commandsOf, treatmentOf } from './shell.js'

const app = new App()
afterAll(() => app.remove())

function placed(...lines: string[]): PlacedBlock[] {
  return blocksOf(lines.join('\n')).map(block => ({
    ...block,
    id: `line ${block.line}`,
    document: 'some.md',
    place: 'some',
    skip: undefined,
  }))
}

test('a block that is wrong, or that no test knows how to treat, is a fault', () => {
  const { faults, jobs } = new Plan(
    app,
    placed(
      ...['```ts', "import { DCGAN } from 'libtorch-dcgan'", "new DCGAN({ epochs: 'three' })", '```'],
      ...['```rust', 'fn main() {}', '```'],
      ...['```sh', 'frobnicate --all', '```'],
      ...['<!-- docs-test: whatever -->', '```ts', 'export {}', '```'],
      ...['<!-- docs-test: continues -->', '', '```ts', 'const a: string = 1', '```'],
      ...['```json', '{ no }', '```'],
      ...['```ts', 'await using gan = await DCGAN.pretrained()', '```'],
      ...['```diff', '+++ LICENSE', '+a line that is not there', '```'],
    ),
  )
  const types = expect.stringMatching(
    /^some\/block-1\.mts\(2,\d+\): error TS2322: .*string.*\nsome\/block-1\.mts\(3,7\): error TS2322: .*number/,
  )
  expect(Object.fromEntries(faults)).toEqual({
    'line 1': types,
    'line 5': 'No test knows the language rust',
    'line 8': expect.stringContaining('No test knows the command "frobnicate --all"'),
    'line 12': 'docs-test knows no "whatever"',
    'line 17': types,
    'line 20': expect.stringContaining('JSON'),
    'line 23': 'Node.js 20 has no `await using`',
    'line 26': 'LICENSE is not as after this diff: +a line that is not there',
  })
  expect(jobs.map(({ id, kind }) => [id, kind])).toEqual([['line 1', 'module']])
})

test('each kind of command has its treatment, and the files that it names must exist', () => {
  expect(commandsOf('a --b \\\n  c   # why\n# nothing\nLIBTORCH=/x d && e')).toEqual([
    'a --b c',
    'LIBTORCH=/x d',
    'e',
  ])
  expect(treatmentOf('npm start -- --epochs 3')).toEqual({ kind: 'cli', args: ['train', '--epochs', '3'] })
  expect(treatmentOf("npx libtorch-dcgan sample --out 'a b.png'")).toEqual({
    kind: 'cli',
    args: ['sample', '--out', 'a b.png'],
  })
  expect(treatmentOf('LIBTORCH=/x npx libtorch-dcgan setup --cpu')).toEqual({
    kind: 'flags',
    script: 'setup',
    args: ['--cpu'],
  })
  expect(treatmentOf('npm install libtorch-dcgan')).toMatchObject({ kind: 'none' })
  expect(() => treatmentOf('npm run nothing')).toThrow('no script "nothing"')
  expect(treatmentOf('npm run bench -- queue')).toEqual({ kind: 'there' })
  expect(treatmentOf('npm run bench -- --quick')).toEqual({ kind: 'there' })
  expect(() => treatmentOf('npm run check -- nothing')).toThrow('check has no "nothing"')
  expect(() => treatmentOf('node examples/nothing.mjs')).toThrow('no examples/nothing.mjs')
  expect(() => treatmentOf('LIBTROCH=/x npm start')).toThrow('Nothing reads the variable LIBTROCH')
})
