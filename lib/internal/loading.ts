import { closeSync, openSync } from 'node:fs'
import { ioError } from './files.js'

/**
 * Calls `load`, which loads a package or a library. If it fails while the process may open no more files, throws an
 * error that says so: Node.js only says that it found no such module.
 *
 * @throws {DcganError} `ERR_DCGAN_IO`, or what `load` throws
 */
export function loading<T>(load: () => T): T {
  try {
    return load()
  } catch (cause) {
    throw noMoreFiles() ?? cause
  }
}

function noMoreFiles(): unknown {
  try {
    closeSync(openSync(process.execPath, 'r'))
    return undefined
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    return code === 'EMFILE' || code === 'ENFILE' ? ioError('read', 'a package', cause) : undefined
  }
}
