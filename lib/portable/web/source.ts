import { type ByteReader, bytesReader, type CheckedSource, fetchReader } from '../../internal/source.js'

/** Opens a source where there are no files: an address, relative to the page, or bytes. */
export async function openWeb(source: CheckedSource): Promise<ByteReader> {
  if ('bytes' in source) return bytesReader(source.name, source.bytes)
  return fetchReader(source.address, globalThis.location?.href)
}
