import { fileURLToPath } from 'node:url'
import { DcganError, invalidArgument } from '../errors.js'
import { absolute, ioError } from './files.js'
import { NotRegularFile, openRegularFile } from './regular-file.js'
import {
  type ByteReader,
  bytesReader,
  type CheckedSource,
  checkModelSource,
  fetchReader,
  pieceReader,
} from './source.js'

/** How much of a file is read at a time: a read takes a tenth of a millisecond, and new memory as long per 256 KiB. */
const READ_BYTES = 1 << 20

/** Checks a source. A path is resolved now, and not when it is opened. */
export function checkLocalSource(source: unknown): CheckedSource {
  const checked = checkModelSource(source)
  if ('bytes' in checked || isRemote(checked.address)) return checked
  const { name, address } = checked
  if (/^file:/i.test(address)) return { name, address: pathOf(address) }
  if (source instanceof URL) throw invalidArgument('source', 'a URL of file:, http: or https:', address)
  return { name, address: absolute(address) }
}

/**
 * Opens a checked source. The caller closes it.
 *
 * @throws {DcganError} `ERR_DCGAN_IO`; `ERR_DCGAN_BAD_CHECKPOINT` for a folder, a pipe or a device
 */
export async function openSource(source: CheckedSource): Promise<ByteReader> {
  if ('bytes' in source) return bytesReader(source.name, source.bytes)
  return isRemote(source.address) ? fetchReader(source.address) : fileReader(source.name, source.address)
}

async function fileReader(name: string, path: string): Promise<ByteReader> {
  const { file, stats } = await openRegularFile(path).catch(cause => {
    if (!(cause instanceof NotRegularFile)) throw ioError('read', name, cause)
    const message = `Cannot load ${name}: it is ${cause.kind}. Check the path`
    throw new DcganError('ERR_DCGAN_BAD_CHECKPOINT', message, { cause })
  })
  const piece = new Uint8Array(Math.min(stats.size, READ_BYTES))
  let position = 0
  const next = async () => {
    const { bytesRead } = await file.read(piece, 0, piece.length, position).catch(cause => {
      throw ioError('read', name, cause)
    })
    position += bytesRead
    return bytesRead === 0 ? undefined : piece.subarray(0, bytesRead)
  }
  return pieceReader(name, stats.size, next, () => file.close())
}

function isRemote(address: string): boolean {
  return /^https?:/i.test(address)
}

function pathOf(address: string): string {
  try {
    return fileURLToPath(address)
  } catch (cause) {
    throw new DcganError(
      'ERR_DCGAN_INVALID_ARGUMENT',
      `Expected the URL of a file on this machine for source but received ${address}: ${(cause as Error).message}`,
      { cause },
    )
  }
}
