import { spawn } from 'node:child_process'
import crypto from 'node:crypto'
import http from 'node:http'
import path from 'node:path'
import type { DcganError } from '../../lib/errors.js'
import { detailsOf } from '../../lib/internal/failure.js'
import { type Ended, ended } from '../support/ended'
import { write } from '../support/folder'
import { zip } from './zip-files'

export { type Item, zip } from './zip-files'

export const ROOT = path.join(__dirname, '..', '..')

const servers: http.Server[] = []

afterAll(() => {
  for (const server of servers) server.closeAllConnections()
  for (const server of servers) server.close()
})

const { env } = process
afterEach(() => {
  process.env = env
})

/** Gives this process only these variables, until the test ends. */
export function setVariables(variables: Record<string, string>): void {
  process.env = { ...variables }
}

/** The parts of a failure: `message` is without the fix. */
export interface Problem {
  code: string
  message: string
  fix: string
  unreachable: boolean
}

export function problemOf(error: unknown): Problem {
  const { what, fix = '', unreachable = false } = detailsOf(error as Error)
  return { code: (error as DcganError).code, message: what, fix, unreachable }
}

/** Returns the failure that a call throws. */
export function problem(call: () => unknown): Problem {
  try {
    call()
  } catch (error) {
    return problemOf(error)
  }
  throw new Error('nothing was thrown')
}

/** The same, for a call that returns a promise. */
export async function rejection(promise: Promise<unknown>): Promise<Problem> {
  const outcome = await promise.then(
    () => undefined,
    error => problemOf(error),
  )
  if (outcome === undefined) throw new Error('nothing was thrown')
  return outcome
}

/** Collects the text that is written to standard error until the test ends. */
export function captureErrors(): string[] {
  const lines: string[] = []
  jest
    .spyOn(process.stderr, 'write')
    .mockImplementation(text => text.length === 0 || lines.push(String(text)) > 0)
  return lines
}

/** A server on loopback and its address, without a slash at the end. */
export async function serve(handler: http.RequestListener): Promise<string> {
  const server = http.createServer(handler)
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

export interface Made extends Omit<Ended, 'code'> {
  status: Ended['code']
}

/** Runs Node on a script with only these variables, and gives what came of it. */
export function node(
  args: string[],
  env: Record<string, string>,
  cwd = ROOT,
): Promise<Made> & { kill(signal?: NodeJS.Signals): void } {
  const child = spawn(process.execPath, args, { cwd, env })
  const made = ended(child).then(({ code, ...rest }): Made => ({ status: code, ...rest }))
  return Object.assign(made, { kill: (signal: NodeJS.Signals = 'SIGKILL') => void child.kill(signal) })
}

export function sha256(data: Buffer): string {
  return crypto.createHash('sha256').update(data).digest('hex')
}

export function versionHeader(version: string): string {
  const [major, minor, patch] = version.split('.')
  return `#pragma once
#define TORCH_VERSION_MAJOR ${major}
#define TORCH_VERSION_MINOR ${minor}
#define TORCH_VERSION_PATCH ${patch}
`
}

/** The files of a LibTorch that the scripts look at. */
export function libtorchFiles(version = '2.13.0', { cuda = false } = {}): Record<string, string> {
  const libraries = ['c10', 'torch_cpu', 'torch', ...(cuda ? ['torch_cuda', 'c10_cuda'] : [])]
  return {
    'include/torch/headeronly/version.h': versionHeader(version),
    'include/torch/csrc/api/include/torch/torch.h': '#pragma once\n',
    ...Object.fromEntries(libraries.map(name => [`lib/lib${name}.so`, `the library ${name}, made up`])),
  }
}

/** A folder that passes for a LibTorch. */
export function makeLibTorch(folder: string, version = '2.13.0', options: { cuda?: boolean } = {}): string {
  for (const [name, text] of Object.entries(libtorchFiles(version, options))) write(folder, name, text)
  return folder
}

/** A wheel of torch: LibTorch under `torch/`, and files that are not to be unpacked. */
export function makeWheel(version = '2.13.0', { cuda = false } = {}): Buffer {
  return zip([
    ...Object.entries(libtorchFiles(version, { cuda })).map(([name, data]) => ({
      name: `torch/${name}`,
      data,
    })),
    { name: 'torch/__init__.py', data: 'raise SystemExit\n' },
    { name: 'torch/lib/libtorch_python.so', data: 'not needed' },
    { name: 'torch/bin/protoc', data: 'not needed', mode: 0o100755 },
    { name: `torch-${version}.dist-info/METADATA`, data: `Name: torch\nVersion: ${version}\n` },
  ])
}
