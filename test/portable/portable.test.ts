import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

test.each(['portable.mjs', 'onnx.mjs'])('%s passes on onnxruntime-web', async name => {
  await expect(
    run(process.execPath, ['--test', '--test-reporter=spec', join(__dirname, name)]),
  ).resolves.toMatchObject({ stdout: expect.stringMatching(/fail 0/) })
})
