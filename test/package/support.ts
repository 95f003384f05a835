import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

const { pack } = require('../../tools/pack.js')

import { findLibTorch, type LibTorchInfo } from '../../lib/setup/find.js'
import { findProgram } from '../../lib/setup/programs.js'
import { type Ended as EndedProcess, ended } from '../support/ended'
import { temporary, write } from '../support/folder'

export const ROOT = path.join(__dirname, '..', '..')
/** `npm run check -- package`: what takes minutes, or the network, too. */
export const FULL = process.env.PACKAGE_TEST === 'full'

/** The LibTorch of this test run, which the apps take instead of fetching one. */
export const libtorch = findLibTorch() as LibTorchInfo

export interface Packed {
  tarball: string
  size: number
  files: string[]
}

let packed: Packed | undefined

/**
 * The tarball of what is built now, packed once a test file.
 *
 * @param built by platform, the folders with the addons to ship; this platform's alone if not given
 */
export function tarball(built?: Record<string, string>): Packed {
  packed ??= pack(temporary(), built) as Packed
  return packed
}

export interface Ended extends Pick<EndedProcess, 'stdout' | 'stderr'> {
  status: EndedProcess['code']
}

/** Variables that npm sets for its scripts, and would read as the app's; but not how the registry is reached. */
const DROPPED = /^(npm_|LIBTORCH|NODE_|INIT_CWD|PYTHON)/i
const KEPT =
  /^(npm_config_(registry|cache|userconfig|https?_proxy|noproxy|cafile|strict_ssl)|NODE_EXTRA_CA_CERTS)$/i

/** An application that installs the package. */
export class App {
  readonly home = temporary()
  /** Node and npm, and the shell that npm runs scripts with: no compiler, no CMake, no Python. */
  readonly bare = temporary()
  folder: string

  constructor(name = 'app') {
    this.folder = path.join(temporary(), name)
    fs.mkdirSync(this.folder)
    const tools = {
      node: process.execPath,
      npm: findProgram('npm') ?? '',
      npx: findProgram('npx') ?? '',
      sh: '/bin/sh',
    }
    for (const [tool, file] of Object.entries(tools)) {
      fs.symlinkSync(fs.realpathSync(file), path.join(this.bare, tool))
    }
    this.lock()
  }

  /**
   * Begins with a lock file of the versions that the repository has, so that npm takes them from its cache and
   * needs no registry.
   */
  private lock(): void {
    const { packages } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'))
    const kept = Object.entries<{ dev?: boolean }>(packages).filter(([name, { dev }]) => name !== '' && !dev)
    const app = { name: 'app', version: '1.0.0' }
    this.write('package.json', JSON.stringify({ ...app, private: true }))
    this.write(
      'package-lock.json',
      JSON.stringify({
        ...app,
        lockfileVersion: 3,
        requires: true,
        packages: { '': app, ...Object.fromEntries(kept) },
      }),
    )
  }

  path(...names: string[]): string {
    return path.join(this.folder, ...names)
  }

  write(name: string, text: string): void {
    write(this.folder, name, text)
  }

  install(env: Record<string, string>, ...flags: string[]): Promise<Ended> {
    const npm = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--foreground-scripts', ...flags]
    return this.run('npm', [...npm, tarball().tarball], env)
  }

  node(args: string[], env: Record<string, string> = {}): Promise<Ended> {
    return this.run('node', args, env)
  }

  npx(args: string[], env: Record<string, string> = {}): Promise<Ended> {
    return this.run('npx', ['libtorch-dcgan', ...args], env)
  }

  /** Runs a program in the app's folder; of this process's variables it has neither npm's nor LibTorch's. */
  run(program: string, args: string[], env: Record<string, string>): Promise<Ended> {
    const kept = Object.entries(process.env).filter(([name]) => KEPT.test(name) || !DROPPED.test(name))
    const child = spawn(path.resolve(this.bare, program), args, {
      cwd: this.folder,
      env: { ...Object.fromEntries(kept), LIBTORCH_DCGAN_HOME: this.home, PATH: this.bare, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return ended(child).then(({ code: status, stdout, stderr }) => ({ status, stdout, stderr }))
  }
}

/** Samples from the shipped weights and trains five steps on MNIST, in the words of each kind of module. */
const BODY = `
async function main() {
  const gan = await DCGAN.pretrained({ device: 'cpu' })
  const digits = await gan.sample(16, { seed: 42 })
  const png = await digits.grid({ columns: 4 })
  await gan.dispose()
  const mnist = await loadMnist()
  const count = 640
  const images = mnist.images.subarray(0, count * mnist.width * mnist.height)
  const student = new DCGAN({ seed: 7, device: 'cpu' })
  const epoch = await student.trainEpoch({ ...mnist, images, labels: mnist.labels.subarray(0, count), count })
  await student.dispose()
  const pixels = createHash('sha1').update(digits.pixels).digest('hex')
  const answer = { pixels, png: png.subarray(1, 4).toString(), steps: epoch.steps, losses: [epoch.discLoss, epoch.genLoss] }
  process.stdout.write(JSON.stringify(answer))
}
main()
`
const IMPORTS = `import { createHash } from 'node:crypto'\nimport { DCGAN, loadMnist } from 'libtorch-dcgan'\n`
export const SAMPLE = {
  esm: IMPORTS + BODY,
  cjs: `const { createHash } = require('node:crypto')\nconst { DCGAN, loadMnist } = require('libtorch-dcgan')\n${BODY}`,
  // The types that a program names.
  ts: `${IMPORTS}import type { Dataset, DcganErrorCode, HyperParams, ImageBatch, Progress } from 'libtorch-dcgan'
export type Used = [Dataset, DcganErrorCode, HyperParams, ImageBatch, Progress]
export async function used(): Promise<Used[3]> {
  await using gan: DCGAN = new DCGAN({ epochs: 1 } satisfies Partial<HyperParams>)
  await gan.train({ onProgress: (progress: Progress) => void progress.step, outputDir: null })
  return gan.sample()
}
${BODY}`,
}

export interface Answer {
  pixels: string
  png: string
  steps: number
  losses: number[]
}
