import { spawn } from 'node:child_process'
import crypto from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import zlib from 'node:zlib'

export const ROOT = path.join(__dirname, '..', '..')

const folders: string[] = []
const servers: http.Server[] = []

/** A new folder, removed after the tests of the file. */
export function temporary(): string {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'dcgan-scripts-')))
  folders.push(folder)
  return folder
}

afterAll(() => {
  for (const server of servers) server.closeAllConnections()
  for (const server of servers) server.close()
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true })
})

/** A server on loopback and its address, without a slash at the end. */
export async function serve(handler: http.RequestListener): Promise<string> {
  const server = http.createServer(handler)
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

export interface Made {
  status: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** Runs Node on a script with only these variables, and gives what came of it. */
export function node(
  args: string[],
  env: Record<string, string>,
  cwd = ROOT,
): Promise<Made> & { kill(signal?: NodeJS.Signals): void } {
  const child = spawn(process.execPath, args, { cwd, env })
  const made = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', text => {
    made.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    made.stderr += text
  })
  const ended = new Promise<Made>(resolve =>
    child.once('close', (status, signal) => resolve({ status, signal, ...made })),
  )
  return Object.assign(ended, { kill: (signal: NodeJS.Signals = 'SIGKILL') => void child.kill(signal) })
}

export interface Item {
  name: string
  data: Buffer | string
  /** Unix mode with its kind, for example 0o120777 for a link. */
  mode?: number
  stored?: boolean
  /** Fields that lie. */
  crc?: number
  size?: number
  method?: number
  flags?: number
  zip64?: boolean
}

/** Writes a ZIP file in memory, honest but for what an item says. */
export function zip(items: Item[], { zip64 = false, comment = '' } = {}): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const item of items) {
    const data = Buffer.from(item.data as string)
    const packed = item.stored ? data : zlib.deflateRawSync(data)
    const name = Buffer.from(item.name)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(name.length, 26)
    local.writeUInt16LE(5, 28)
    // The local header's extra field differs from the directory's, as real ones do.
    parts.push(local, name, Buffer.alloc(5), packed)

    const wide = item.zip64 === true
    const size = item.size ?? data.length
    const extra = Buffer.alloc(wide ? 28 : 0)
    if (wide) {
      extra.writeUInt16LE(1, 0)
      extra.writeUInt16LE(24, 2)
      extra.writeBigUInt64LE(BigInt(size), 4)
      extra.writeBigUInt64LE(BigInt(packed.length), 12)
      extra.writeBigUInt64LE(BigInt(offset), 20)
    }
    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014b50, 0)
    central.writeUInt8(3, 5)
    central.writeUInt16LE(item.flags ?? 0, 8)
    central.writeUInt16LE(item.method ?? (item.stored ? 0 : 8), 10)
    central.writeUInt32LE(item.crc ?? zlib.crc32(data), 16)
    central.writeUInt32LE(wide ? 0xffffffff : packed.length, 20)
    central.writeUInt32LE(wide ? 0xffffffff : size, 24)
    central.writeUInt16LE(name.length, 28)
    central.writeUInt16LE(extra.length, 30)
    central.writeUInt32LE(((item.mode ?? 0o100644) << 16) >>> 0, 38)
    central.writeUInt32LE(wide ? 0xffffffff : offset, 42)
    directory.push(central, name, extra)
    offset += 30 + name.length + 5 + packed.length
  }
  const size = Buffer.concat(directory).length
  const tail: Buffer[] = []
  if (zip64) {
    const end = Buffer.alloc(56)
    end.writeUInt32LE(0x06064b50, 0)
    end.writeBigUInt64LE(44n, 4)
    end.writeBigUInt64LE(BigInt(items.length), 24)
    end.writeBigUInt64LE(BigInt(items.length), 32)
    end.writeBigUInt64LE(BigInt(size), 40)
    end.writeBigUInt64LE(BigInt(offset), 48)
    const locator = Buffer.alloc(20)
    locator.writeUInt32LE(0x07064b50, 0)
    locator.writeBigUInt64LE(BigInt(offset + size), 8)
    tail.push(end, locator)
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(zip64 ? 0xffff : items.length, 8)
  end.writeUInt16LE(zip64 ? 0xffff : items.length, 10)
  end.writeUInt32LE(zip64 ? 0xffffffff : size, 12)
  end.writeUInt32LE(zip64 ? 0xffffffff : offset, 16)
  end.writeUInt16LE(comment.length, 20)
  return Buffer.concat([...parts, ...directory, ...tail, end, Buffer.from(comment)])
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

/** What a LibTorch consists of, as far as the scripts look. */
export function libtorchFiles(version = '2.13.0', { cuda = false } = {}): Record<string, string> {
  const libraries = ['c10', 'torch_cpu', 'torch', ...(cuda ? ['torch_cuda', 'c10_cuda'] : [])]
  const suffix = process.platform === 'darwin' ? '.dylib' : '.so'
  return {
    'include/torch/headeronly/version.h': versionHeader(version),
    'include/torch/csrc/api/include/torch/torch.h': '#pragma once\n',
    ...Object.fromEntries(libraries.map(name => [`lib/lib${name}${suffix}`, `the library ${name}, made up`])),
  }
}

/** A folder that passes for a LibTorch. */
export function makeLibTorch(folder: string, version = '2.13.0', options: { cuda?: boolean } = {}): string {
  for (const [name, text] of Object.entries(libtorchFiles(version, options))) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    fs.writeFileSync(path.join(folder, name), text)
  }
  return folder
}

/** A wheel of torch: LibTorch under `torch/`, beside what is not to be unpacked. */
export function makeWheel(version = '2.13.0', { cuda = false, requires = [] as string[] } = {}): Buffer {
  return zip([
    ...Object.entries(libtorchFiles(version, { cuda })).map(([name, data]) => ({
      name: `torch/${name}`,
      data,
    })),
    { name: 'torch/__init__.py', data: 'raise SystemExit\n' },
    { name: 'torch/lib/libtorch_python.so', data: 'not needed' },
    { name: 'torch/bin/protoc', data: 'not needed', mode: 0o100755 },
    {
      name: `torch-${version}.dist-info/METADATA`,
      data: `Name: torch\nVersion: ${version}\n${requires.map(line => `Requires-Dist: ${line}\n`).join('')}`,
    },
  ])
}
