import fs from 'node:fs'
import path from 'node:path'
import { requirePlatform } from '../../lib/internal/platform.js'
import { minorOf } from '../../lib/internal/version.js'
import { releaseFor } from '../../lib/setup/catalogue.js'
import { findPip } from '../../lib/setup/pip.js'
import { BUILD_TOOLS, findProgram, requireBuildTools, requireNode } from '../../lib/setup/programs.js'
import { temporary } from '../support/folder'
import { problem, setVariables } from './support'

let bin: string
beforeEach(() => {
  bin = temporary()
})
const program = (name: string, output = '') =>
  fs.writeFileSync(path.join(bin, name), `#!/bin/sh\necho '${output}'\n`, { mode: 0o755 })
beforeEach(() => setVariables({ PATH: bin }))

describe('each tool that building needs is named when it is missing, with the command that installs it:', () => {
  test('CMake, then the compiler, then make; and then nothing is missing', () => {
    const missing = () => problem(() => requireBuildTools())
    expect(missing()).toMatchObject({
      message: expect.stringMatching(/CMake is missing.*3\.18/),
      fix: expect.stringMatching(/cmake/),
    })
    program('cmake', 'cmake version 3.25.1')
    expect(missing()).toMatchObject({
      message: expect.stringMatching(/C\+\+ compiler is missing/),
      fix: expect.stringMatching(/g\+\+|gcc-c\+\+/),
    })
    program('c++', 'c++ 12.2.0')
    expect(missing()).toMatchObject({
      message: expect.stringMatching(/make nor Ninja/),
      fix: expect.stringMatching(/make/),
    })
    program('make')
    expect(() => requireBuildTools()).not.toThrow()
  })

  test('a CMake that is too old or does not run', () => {
    program('cmake', 'cmake version 3.16.3')
    expect(problem(BUILD_TOOLS.CMake)).toMatchObject({
      message: expect.stringMatching(/too old: 3\.16\.3/),
      fix: expect.stringMatching(/pip install .*cmake/),
    })
    program('cmake', 'Segmentation fault')
    expect(problem(BUILD_TOOLS.CMake).message).toMatch(/does not run/)
    program('cmake', 'cmake version 4.0.2')
    expect(BUILD_TOOLS.CMake()).toMatch(/4\.0\.2/)
  })

  test('a compiler that CXX names', () => {
    program('cmake', 'cmake version 3.25.1')
    program('c++')
    program('make')
    setVariables({ PATH: bin, CXX: 'no-such-c++ -O2' })
    expect(problem(requireBuildTools).message).toMatch(/CXX, no-such-c\+\+/)
  })
})

test('only files that can be run are programs', () => {
  fs.writeFileSync(path.join(bin, 'data'), '')
  fs.mkdirSync(path.join(bin, 'folder'))
  program('tool')
  expect(findProgram('data')).toBeUndefined()
  expect(findProgram('folder')).toBeUndefined()
  expect(findProgram('data', 'tool')).toBe(path.join(bin, 'tool'))
  expect(findProgram(path.join(bin, 'tool'))).toBe(path.join(bin, 'tool'))
})

test('two versions fit if their minor parts are the same', () => {
  expect(minorOf('2.13.0')).toBe('2.13')
  expect(minorOf('2.1.13')).not.toBe(minorOf('2.11.3'))
})

test('Node.js must be as new as package.json says', () => {
  expect(() => requireNode('20.17.0')).not.toThrow()
  expect(() => requireNode('22.0.0')).not.toThrow()
  expect(problem(() => requireNode('20.16.9'))).toMatchObject({
    message: expect.stringMatching(/too old: 20\.16\.9.*20\.17/),
    fix: expect.stringMatching(/nvm install/),
  })
  expect(() => requireNode('18.20.0')).toThrow(/too old/)
})

test('a system that PyTorch does not build for is an error before anything is downloaded', () => {
  expect(() => requirePlatform('linux-x64', 'glibc 2.36')).not.toThrow()
  expect(() => requirePlatform('linux-arm64', 'glibc 2.36')).not.toThrow()
  expect(problem(() => requirePlatform('linux-x64', 'musl')).fix).toMatch(/bookworm/)
  expect(problem(() => requirePlatform('win32-x64')).message).toMatch(/win32-x64/)
  for (const platform of ['darwin-arm64', 'win32-x64']) {
    const { fix } = problem(() => requirePlatform(platform))
    expect(fix).toMatch(/DCGAN\.pretrained\(\) sample here.*\n.*docker run .* libtorch-dcgan train/)
  }
  expect(problem(() => requirePlatform('linux-x64', 'musl')).fix).toMatch(
    /DCGAN\.pretrained\(\) sample here.*\n.*docker run /,
  )
  expect(problem(() => requirePlatform('linux-riscv64', 'glibc 2.39')).message).toMatch(/riscv64/)
  expect(() => requirePlatform('linux-x64', 'glibc 2.28')).not.toThrow()
  expect(problem(() => requirePlatform('linux-x64', 'glibc 2.17')).message).toMatch(/2\.28.*2\.17/)
  expect(problem(() => releaseFor('cuda', 'linux-riscv64')).fix).toMatch(/Set LIBTORCH/)
})

test.each(['linux-x64', 'linux-arm64'])('what is fetched for %s is pinned by its hash', platform => {
  const machine = platform === 'linux-x64' ? 'x86_64' : 'aarch64'
  const cpu = releaseFor('cpu', platform)
  // PyPI's own build of this version is for CUDA where it is for aarch64: the CPU's is requested by its name.
  expect(cpu.requirement).toBe(`torch==${cpu.version}+cpu`)
  expect(cpu.file).toBe(`torch-${cpu.version}+cpu-cp311-cp311-manylinux_2_28_${machine}.whl`)
  for (const release of [cpu, releaseFor('cuda', platform)])
    expect(release).toMatchObject({ machine, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
})

describe('a Python', () => {
  const slow = () =>
    fs.writeFileSync(path.join(bin, 'python3'), '#!/bin/sh\nexec /bin/sleep 20\n', { mode: 0o755 })

  test('that does not answer is reported as silent, not as lacking pip', () => {
    slow()
    expect(problem(() => findPip(200))).toMatchObject({
      message: expect.stringMatching(/python3 -m pip --version` did not answer within 0\.2 seconds/),
      fix: expect.stringMatching(/less busy/),
    })
  })

  test('without pip is none', () => {
    fs.writeFileSync(path.join(bin, 'python3'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    expect(findPip()).toBeUndefined()
  })
})
