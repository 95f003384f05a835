// The same module for import: one class DcganError per process, for import and require().

export type * from './node.js'
export { DcganError, Generator, ImageBatch } from './node.js'
