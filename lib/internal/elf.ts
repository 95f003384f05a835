import fs from 'node:fs'
import { attempt } from './failure.js'

const MAGIC = 0x7f454c46
const HEADER_BYTES = 64
// A pipe in the place of a library would be waited for.
const FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK

/** e_machine, by Node.js's names of processors (System V ABI). */
const MACHINES: Record<string, number> = { x64: 62, arm64: 183 }

/**
 * Returns whether a 64-bit ELF file ends before the table at its end. Loading such a file kills the process with SIGBUS,
 * without a message.
 */
export function cutShort(file: string): boolean {
  const found = headerOf(file)
  if (found === undefined) return false
  const { header, size } = found
  // The table begins at e_shoff, and has e_shnum entries of e_shentsize bytes.
  return size < Number(header.readBigUInt64LE(40)) + header.readUInt16LE(58) * header.readUInt16LE(60)
}

/** Returns the processor that an ELF file is built for, if the file names another one than the wanted one. */
export function otherProcessor(file: string, arch: string): string | undefined {
  const machine = headerOf(file)?.header.readUInt16LE(18)
  const wanted = MACHINES[arch]
  if (machine === undefined || wanted === undefined || machine === wanted) return undefined
  return Object.keys(MACHINES).find(name => MACHINES[name] === machine) ?? 'another processor'
}

/** Reads the header. Returns undefined if the file is no ELF file. */
function headerOf(file: string): { header: Buffer; size: number } | undefined {
  const fd = attempt(() => fs.openSync(file, FLAGS))
  if (fd === undefined) return undefined
  const header = Buffer.alloc(HEADER_BYTES)
  const size = attempt(() => fs.readSync(fd, header) && fs.fstatSync(fd).size)
  fs.closeSync(fd)
  return size !== undefined && header.readUInt32BE(0) === MAGIC ? { header, size } : undefined
}
