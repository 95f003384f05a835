import path from 'node:path'
import { write } from '../support/folder'
import { type Made, node, sha256 } from './support'

/** The variables of a user with this folder as home and with programs in its bin/. */
export const environment = (home: string, more: Record<string, string> = {}) => ({
  HOME: home,
  LIBTORCH_DCGAN_HOME: path.join(home, 'cache'),
  PATH: path.join(home, 'bin'),
  ...more,
})

/** A script that makes this wheel the release of the catalogue. */
export const pretend = (wheel: Buffer) => `
  const catalogue = require('./dist/setup/catalogue.js')
  const { releaseFor } = catalogue
  catalogue.releaseFor = variant => ({ ...releaseFor(variant), sha256: '${sha256(wheel)}' })`

/**
 * Fetches in a process of its own; its output is the LibTorch as JSON, its error the problem's text. `before` is run
 * there first.
 */
export function fetchInto(
  home: string,
  { variant = 'cpu', from }: { variant?: string; from?: string } = {},
  env: Record<string, string> = {},
  before = '',
): Promise<Made> & { kill(): void } {
  const args = JSON.stringify(from === undefined ? [variant] : [variant, from])
  const script = `
    ${before}
    require('./dist/setup/fetch.js').fetchLibTorch(...${args}).then(
      found => process.stdout.write(JSON.stringify(found)),
      error => { process.exitCode = require('./dist/cli/failure.js').reportFailure(error) })`
  return node(['-e', script], environment(home, env))
}

/** A python3 on PATH with a pip that gives these files, and notes its arguments. */
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
