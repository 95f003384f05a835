import { DcganError, invalidArgument } from '../errors.js'
import { reading } from './options.js'
import { copyOf, isArrayBuffer, isUint8Array, viewOf } from './typed-arrays.js'

/** A model's file: its path, its URL or its bytes. */
export type Source = string | URL | Uint8Array | ArrayBuffer

/** A source that was checked. Its bytes are a copy. */
export type CheckedSource = { name: string } & ({ bytes: Uint8Array } | { address: string })

/** Reads the bytes of a file in order. */
export interface ByteReader {
  /** The name of the file in messages. */
  readonly name: string
  /** Undefined if it is known only at the end. */
  readonly size: number | undefined
  /** Fills `target` with the next bytes. Returns how many there were: fewer only at the end of the file. */
  read(target: Uint8Array): Promise<number>
  close(): Promise<void>
}

/**
 * Checks a source and copies its bytes.
 *
 * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`
 */
export function checkModelSource(source: unknown): CheckedSource {
  return reading('source', () => {
    if (isUint8Array(source)) return { name: 'the bytes', bytes: copyOf(source) }
    if (isArrayBuffer(source)) return { name: 'the bytes', bytes: copyOf(viewOf(source)) }
    const address = source instanceof URL ? source.href : source
    if (typeof address !== 'string' || address === '' || address.includes('\0')) {
      throw invalidArgument('source', 'a path, a URL, or the bytes of a file', source)
    }
    return { name: address, address }
  })
}

/** Makes a reader of bytes that are in memory. */
export function bytesReader(name: string, bytes: Uint8Array): ByteReader {
  let position = 0
  return {
    name,
    size: bytes.length,
    async read(target) {
      const part = bytes.subarray(position, position + target.length)
      target.set(part)
      position += part.length
      return part.length
    },
    async close() {},
  }
}

/**
 * Fetches a file. A compressed answer is unpacked only as far as it is read.
 *
 * @param base the address that the file's address may be relative to
 * @throws {DcganError} `ERR_DCGAN_IO`
 */
export async function fetchReader(address: string, base?: string): Promise<ByteReader> {
  const failed = (cause: unknown) => {
    const message = `Cannot read ${address}: ${reasonOf(cause)}. Check the address and the network`
    return new DcganError('ERR_DCGAN_IO', message, { cause })
  }
  const response = await fetched(address, base).catch(cause => {
    throw failed(cause)
  })
  const chunks = response.body?.getReader()
  const next = async () => {
    const chunk = await chunks?.read().catch(cause => {
      throw failed(cause)
    })
    return chunk?.value
  }
  // Ends the connection if the file was not read to its end.
  return pieceReader(address, undefined, next, async () => chunks?.cancel().catch(() => {}))
}

/** Makes a reader of pieces in order. `next` returns the next piece, and undefined at the end. */
export function pieceReader(
  name: string,
  size: number | undefined,
  next: () => Promise<Uint8Array | undefined>,
  close: () => Promise<void>,
): ByteReader {
  let rest: Uint8Array = new Uint8Array(0)
  return {
    name,
    size,
    async read(target) {
      let done = 0
      while (done < target.length) {
        if (rest.length === 0) {
          const piece = await next()
          if (piece === undefined) break
          rest = piece
        }
        const part = rest.subarray(0, target.length - done)
        target.set(part, done)
        rest = rest.subarray(part.length)
        done += part.length
      }
      return done
    },
    close,
  }
}

/** Returns the message of what fetch() threw, and of its cause: its own is only "fetch failed". */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  const inner = (cause as Error | undefined)?.message
  return inner ? `${message}: ${inner}` : message
}

async function fetched(address: string, base?: string): Promise<Response> {
  const response = await fetch(new URL(address, base))
  if (response.ok) return response
  await response.body?.cancel()
  throw new Error(`the server answered ${response.status} ${response.statusText}`)
}
