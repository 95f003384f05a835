import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const folders: string[] = []
const temporaries: string[] = []
const create = () => realpathSync(mkdtempSync(join(tmpdir(), 'dcgan-test-')))
const remove = (path: string) => rmSync(path, { recursive: true, force: true })

/** A new folder, which is removed after the test. */
export function folder(): string {
  const path = create()
  folders.push(path)
  return path
}

afterEach(() => folders.splice(0).forEach(remove))

/** A new folder for all tests of the file. */
export function sharedFolder(): string {
  const path = create()
  afterAll(() => remove(path))
  return path
}

/** A new folder, which is removed after the last test of the file. */
export function temporary(): string {
  const path = create()
  temporaries.push(path)
  return path
}

afterAll(() => temporaries.forEach(remove))

/** Writes a file in a folder, and the folders above it. Returns its path. */
export function write(folder: string, name: string, data: Uint8Array | string, mode = 0o644): string {
  const file = join(folder, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, data, { mode })
  return file
}
