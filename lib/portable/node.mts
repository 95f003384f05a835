// The same module for import: one class DcganError a process, whichever way it is asked for.

export type * from './node.js'
export { DcganError, Generator, ImageBatch } from './node.js'
