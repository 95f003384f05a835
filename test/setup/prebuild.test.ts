import fs from 'node:fs'
import path from 'node:path'
import { temporary } from '../support/folder'
import { node, ROOT } from './support'

const { faultsOf } = require('../../tools/binary.js')

const prebuild = (env: Record<string, string>) =>
  node([path.join(ROOT, 'tools', 'prebuild.js')], { PATH: temporary(), ...env })
const own = `${process.platform}-${process.arch}`
const other = process.arch === 'x64' ? 'linux-arm64' : 'linux-x64'

test('npm pack without a compiler for the other platform ends before it builds, with the command that installs it', async () => {
  const { status, stderr } = await prebuild({})
  expect(status).toBe(1)
  expect(stderr).toMatch(
    process.arch === 'x64'
      ? /for linux-arm64, .* missing here: aarch64-linux-gnu-g\+\+\. \(ERR_DCGAN_NATIVE_NOT_FOUND\)\n {2}sudo apt-get install -y g\+\+-aarch64-linux-gnu/
      : /for linux-x64, .* missing here: x86_64-linux-gnu-g\+\+\. \(ERR_DCGAN_NATIVE_NOT_FOUND\)\n {2}sudo apt-get install -y g\+\+-x86-64-linux-gnu/,
  )
  expect(stderr).toContain(`LIBTORCH_DCGAN_PLATFORMS=${own} npm pack`)
})

test('npm pack for a platform that is not supported names those that are', async () => {
  const { status, stderr } = await prebuild({ LIBTORCH_DCGAN_PLATFORMS: 'linux-riscv64' })
  expect(status).toBe(1)
  expect(stderr).toMatch(/no addon for the platform linux-riscv64\..*\n.*linux-x64, linux-arm64/)
})

test('a library of another processor does not pass for this one', () => {
  const file = path.join(temporary(), 'libother.so')
  fs.copyFileSync(process.execPath, file)
  const arch = other.replace('linux-', '')
  expect(faultsOf(file, { libtorch: false, arch })).toContain(
    `libother.so: it is built for ${process.arch}, not for ${arch}`,
  )
})
