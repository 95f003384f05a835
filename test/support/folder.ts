import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folders: string[] = []
const create = () => mkdtempSync(join(tmpdir(), 'dcgan-test-'))
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
