import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { temporary } from '../support/folder'
import { appWith, bin, platforms, write } from './support'

jest.setTimeout(1_200_000)

/** Calls a handler as the runtime of AWS Lambda does: JSON in, JSON out, one call after the other. */
const RUNTIME = `const { handler } = require(process.argv[1])
async function main() {
  for (const digit of ['3', '8']) {
    const event = JSON.parse(JSON.stringify({ version: '2.0', queryStringParameters: { seed: '42', digit } }))
    const answer = JSON.parse(JSON.stringify(await handler(event, { functionName: 'digits' })))
    const png = Buffer.from(answer.body, 'base64')
    console.log(answer.statusCode, answer.headers['content-type'], answer.isBase64Encoded, png.toString('latin1', 1, 4))
  }
}
main()
`

platforms('AWS Lambda', () => {
  test('answers with digits from the two files of docs/platforms.md, less than 3 MB zipped', async () => {
    const docs = readFileSync(join(__dirname, '..', '..', 'docs', 'platforms.md'), 'utf8')
    const found = (pattern: RegExp) => (pattern.exec(docs) as RegExpExecArray)[1] as string
    const handler = found(/```js\n\/\/ handler\.js\n([\s\S]*?)```/)
    const [build, ...copied] = found(/```sh\nnpx (esbuild handler\.js[\s\S]*?)\n```/).split('\n')
    const app = await appWith('esbuild')
    write(app, { 'handler.js': handler })
    const [name, ...args] = (build as string).split(' ') as [string, ...string[]]
    expect(await bin(app, name, ...args)).toMatchObject({ status: 0 })

    const task = join(temporary(), 'task')
    cpSync(app.path('lambda'), task, { recursive: true })
    for (const line of copied) {
      const [, file = ''] = /^cp (\S+) lambda$/.exec(line) ?? []
      cpSync(app.path(file), join(task, file.split('/').at(-1) as string))
    }
    const zipped = readdirSync(task).map(file => deflateRawSync(readFileSync(join(task, file))).length)
    expect(zipped).toHaveLength(2)
    expect(zipped.reduce((sum, size) => sum + size)).toBeLessThan(3e6)
    expect(await app.node(['-e', RUNTIME, '--', join(task, 'handler.js')])).toEqual({
      status: 0,
      stdout: '200 image/png true PNG\n'.repeat(2),
      stderr: '',
    })
  })
})
