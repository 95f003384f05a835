import { checkLocalSource, openSource } from '../internal/local-source.js'
import type { ByteReader, CheckedSource } from '../internal/source.js'
import type { NativeTensor } from '../native/types.js'
import type { StateInfo } from './metadata.js'
import { closing, type ReadState, readInfoFrom, readStateFrom, readTensorsFrom } from './read.js'

/** Reads a state file as `readStateFrom` does. */
export function readState(source: string | CheckedSource): Promise<ReadState> {
  return withSource(source, readStateFrom)
}

/** Reads the tensors of a file as `readTensorsFrom` does. */
export function readTensors(
  file: string,
): Promise<{ tensors: NativeTensor[]; metadata: Map<string, string> }> {
  return withSource(file, readTensorsFrom)
}

/** Reads the header of a state file as `readInfoFrom` does. */
export function readInfo(file: string): Promise<StateInfo> {
  return withSource(file, readInfoFrom)
}

/** Opens a file, calls `read` with it, and closes it. */
export async function withSource<T>(
  source: string | CheckedSource,
  read: (reader: ByteReader) => Promise<T>,
): Promise<T> {
  return closing(await openSource(typeof source === 'string' ? checkLocalSource(source) : source), read)
}
