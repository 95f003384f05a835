import { cpSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { sharedFolder } from '../support/folder'
import { runNode } from './child'

const ROOT = join(__dirname, '..', '..')

const folder = sharedFolder()

/** The package as npm installs it where it has no addon for the platform. */
beforeAll(() => {
  for (const name of ['package.json', 'CMakeLists.txt', 'binding', 'cmake', 'dist', 'weights']) {
    cpSync(join(ROOT, name), join(folder, 'package', name), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
})

/** Runs a script there, on a platform that it takes for another one. */
function on(platform: string, script: string) {
  const pretend = `Object.defineProperty(process, 'platform', { value: '${platform}' });`
  return runNode(['-e', pretend + script, '--'], {
    cwd: join(folder, 'package'),
    env: { LIBTORCH_DCGAN_HOME: join(folder, 'home'), LIBTORCH: '' },
  })
}

const INSTEAD = /DCGAN\.pretrained\(\) sample here[\s\S]*docker run .* libtorch-dcgan train/

describe.each(['darwin', 'win32'])('on %s, where there is no LibTorch,', platform => {
  test('new DCGAN() says what works there', async () => {
    const { stdout } = await on(
      platform,
      `const { DCGAN } = require('./dist/index.js')
       try { new DCGAN() } catch ({ code, message }) { console.log(code, message) }`,
    )
    expect(stdout).toMatch(new RegExp(`^ERR_DCGAN_NATIVE_NOT_FOUND .*this is ${platform}`))
    expect(stdout).toMatch(INSTEAD)
    expect(stdout).not.toContain('npx libtorch-dcgan setup"')
  })

  test('DCGAN.pretrained() makes digits in WebAssembly, and train() says where training runs', async () => {
    const { stdout } = await on(
      platform,
      `const { DCGAN } = require('./dist/index.js')
       async function main() {
         const gan = await DCGAN.pretrained()
         console.log(gan.engine, (await gan.sample(3, { seed: 1, labels: 7 })).count)
         await gan.evaluate({ count: 10 }).catch(({ code, message }) => console.log(code, message))
       }
       main()`,
    )
    expect(stdout).toMatch(
      /^wasm 3\nERR_DCGAN_NATIVE_NOT_FOUND .*only samples\. Models train on Linux with glibc 2\.28/,
    )
  })

  test.each(['doctor', 'setup'])('%s says what works there', async name => {
    const { code, stdout, stderr } = await on(
      platform,
      `process.argv.splice(1, 9, '${name}'); require('./dist/cli/index.js')`,
    )
    expect(code).not.toBe(0)
    expect(stdout + stderr).toMatch(INSTEAD)
  })
})

test('if the package was bundled, the error names the line to add', async () => {
  cpSync(join(folder, 'package', 'dist'), join(folder, 'bundled', 'server', 'dist'), { recursive: true })
  const { stdout } = await runNode(
    [
      '-e',
      `const { DCGAN } = require('./server/dist/index.js')
       const print = ({ code, message }) => console.log(code, message)
       DCGAN.pretrained().catch(print)
       try { new DCGAN() } catch (error) { print(error) }`,
    ],
    { cwd: join(folder, 'bundled') },
  )
  const line =
    /^ERR_DCGAN_NATIVE_NOT_FOUND libtorch-dcgan was bundled.*--external:libtorch-dcgan.*serverExternalPackages: \['libtorch-dcgan'\]/
  expect(stdout.trim().split('\n')).toEqual([expect.stringMatching(line), expect.stringMatching(line)])
})
