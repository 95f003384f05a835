import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

test.each(['portable.mjs', 'onnx.mjs'])('%s passes on onnxruntime-web', name => {
  const args = ['--test', '--test-reporter=spec', join(__dirname, name)]
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stdout).toMatch(/fail 0/)
})
