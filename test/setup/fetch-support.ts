import fs from 'node:fs'
import path from 'node:path'
import { type Made, node } from './support'

/** Writes a file under a folder. */
export function write(folder: string, name: string, data: Buffer | string, mode = 0o644): string {
  const file = path.join(folder, name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, data, { mode })
  return file
}

/** The variables of a user whose home is this folder, and whose programs are in its bin/. */
export const environment = (home: string, more: Record<string, string> = {}) => ({
  HOME: home,
  LIBTORCH_DCGAN_HOME: path.join(home, 'cache'),
  PATH: path.join(home, 'bin'),
  ...more,
})

/**
 * Fetches in a process of its own; its output is the LibTorch as JSON, its error the problem's text. `before` is run
 * there first.
 */
export function fetchInto(
  home: string,
  options: { variant?: string; from?: string; platform?: string },
  env: Record<string, string> = {},
  before = '',
): Promise<Made> & { kill(): void } {
  const script = `
    ${before}
    require('./dist/setup/fetch.js').fetchLibTorch(${JSON.stringify({ variant: 'cpu', ...options })}).then(
      found => process.stdout.write(JSON.stringify(found)),
      error => { process.exitCode = require('./dist/cli/failure.js').reportFailure(error) })`
  return node(['-e', script], environment(home, env))
}

/** A python3 on PATH whose pip gives these files, and notes what it was asked for. */
export function fakePip(home: string, files: Record<string, Buffer>): string {
  for (const [name, data] of Object.entries(files)) write(home, `index/${name}`, data)
  const log = path.join(home, 'pip.log')
  write(
    home,
    'bin/python3',
    `#!/bin/sh
case "$*" in *--version*) exit 0;; esac
echo "$*" >> '${log}'
case "$*" in *nvidia*) files=nvidia;; *) files=torch;; esac
while [ "$1" != --dest ]; do shift; done
for file in '${home}'/index/$files*; do
  [ -e "$file" ] || { echo 'ERROR: No matching distribution found' >&2; exit 1; }
  /bin/cp "$file" "$2"
done
`,
    0o755,
  )
  return log
}
