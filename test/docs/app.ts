import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeIdx } from '../datasets/idxFiles.js'
import { write } from '../support/folder.js'
import { ROOT } from './documents.js'

/** A user's application: a folder in which `libtorch-dcgan` and `jimp` are installed, and a small data set. */
export class App {
  readonly folder = mkdtempSync(join(tmpdir(), 'dcgan-docs-'))
  readonly data = join(this.folder, 'data')

  constructor() {
    const modules = join(this.folder, 'node_modules')
    mkdirSync(modules)
    symlinkSync(ROOT, join(modules, 'libtorch-dcgan'))
    symlinkSync(join(ROOT, 'node_modules', 'jimp'), join(modules, 'jimp'))
    writeDigits(this.data, 16)
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, text: string): string {
    return write(this.folder, name, text)
  }

  /**
   * Checks TypeScript files (their paths in the folder) and compiles each into its own folder. Returns the lines of
   * the compiler, one per fault.
   */
  compile(files: readonly string[]): string[] {
    const compilerOptions = {
      // The code runs as the page shows it.
      target: 'ESNext',
      lib: ['ES2023', 'ESNext.Disposable'],
      module: 'node16',
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules', '@types')],
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
    }
    const project = this.write('tsconfig.json', JSON.stringify({ compilerOptions, files }))
    try {
      execFileSync(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', project], {
        cwd: this.folder,
        encoding: 'utf8',
      })
      return []
    } catch (error) {
      return (error as { stdout: string }).stdout.trim().split('\n')
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Writes a data set in MNIST's format, training and test files, of bars that differ. */
export function writeDigits(folder: string, count: number): void {
  for (const [split, level] of [
    ['train', 255],
    ['t10k', 230],
  ] as const) {
    const images = Buffer.alloc(count * 784)
    for (let i = 0; i < count; i++)
      images.fill(level, i * 784 + (4 + (i % 20)) * 28, i * 784 + (6 + (i % 20)) * 28)
    writeIdx(folder, split, images)
  }
}
