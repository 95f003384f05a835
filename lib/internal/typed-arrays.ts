import { DcganError } from '../errors.js'

/** A Uint8Array in an ArrayBuffer: `new Blob()` takes no other. TypeScript before 5.7 does not distinguish them. */
export type Bytes = ReturnType<typeof Uint8Array.of>
/** A Float32Array in an ArrayBuffer. */
export type Floats = ReturnType<typeof Float32Array.of>

// A caller can hide a typed array's properties behind others of the same name. These functions read the array itself.
const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array
const LENGTH = getter(TYPED_ARRAY, 'length')
const BUFFER = getter(TYPED_ARRAY, 'buffer')
const OFFSET = getter(TYPED_ARRAY, 'byteOffset')
const NAME = getter(TYPED_ARRAY, Symbol.toStringTag)
const BYTES = getter(ArrayBuffer.prototype, 'byteLength')
const { set: SET } = TYPED_ARRAY

function getter(object: object, name: PropertyKey): () => unknown {
  return Object.getOwnPropertyDescriptor(object, name)?.get as () => unknown
}

/** Returns whether a value is a Uint8Array, also one of another realm. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return Reflect.apply(NAME, value, []) === 'Uint8Array'
}

/** Returns whether a value is a Float32Array, also one of another realm. */
export function isFloat32Array(value: unknown): value is Float32Array {
  return Reflect.apply(NAME, value, []) === 'Float32Array'
}

/** Returns whether a value is an ArrayBuffer, also one of another realm. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  try {
    Reflect.apply(BYTES, value, [])
    return true
  } catch {
    return false
  }
}

/** Returns the true number of elements: 0 if the array's buffer is detached or too short. */
export function lengthOf(array: Uint8Array | Float32Array): number {
  return Reflect.apply(LENGTH, array, []) as number
}

/**
 * Returns a view of an array's first elements, by default of all. The view is an ordinary array: it has no properties of
 * the caller's, and its length stays when the buffer grows.
 */
export function viewOf(array: Float32Array, length?: number): Float32Array
export function viewOf(array: Uint8Array | ArrayBuffer, length?: number): Uint8Array
export function viewOf(
  array: Float32Array | Uint8Array | ArrayBuffer,
  length?: number,
): Float32Array | Uint8Array {
  if (isArrayBuffer(array)) {
    const bytes = Reflect.apply(BYTES, array, []) as number
    return bytes === 0 ? new Uint8Array(0) : new Uint8Array(array, 0, length ?? bytes)
  }
  const count = length ?? lengthOf(array)
  const Type = isFloat32Array(array) ? Float32Array : Uint8Array
  if (count === 0) return new Type(0)
  const buffer = Reflect.apply(BUFFER, array, []) as ArrayBuffer
  return new Type(buffer, Reflect.apply(OFFSET, array, []) as number, count)
}

/**
 * Returns a view of an array that a batch holds, and that its owner may have transferred, cut or replaced since.
 *
 * @throws {DcganError} `ERR_DCGAN_INVALID_ARGUMENT`
 */
export function intact(name: string, array: Float32Array, length: number): Floats
export function intact(name: string, array: Uint8Array, length: number): Bytes
export function intact(name: string, array: Float32Array | Uint8Array, length: number): Floats | Bytes {
  const known = isUint8Array(array) || isFloat32Array(array)
  if (known && lengthOf(array) === length) return viewOf(array as Uint8Array, length) as Bytes
  throw new DcganError(
    'ERR_DCGAN_INVALID_ARGUMENT',
    `The ${name} of this batch were transferred or replaced. Transfer a copy: batch.slice()`,
  )
}

/** Copies an array into new memory, which no caller and no other thread can change. */
export function copyOf(array: Float32Array): Float32Array
export function copyOf(array: Uint8Array): Uint8Array
export function copyOf(array: Float32Array | Uint8Array): Float32Array | Uint8Array {
  // A view, because another thread may let the array grow between two readings of its length.
  const view = viewOf(array as Float32Array)
  const copy = allocate(() => new (isFloat32Array(view) ? Float32Array : Uint8Array)(view.length))
  Reflect.apply(SET, copy, [view])
  return copy
}

/** Makes an array. Throws an error with a code if there is not enough memory. */
export function allocate<T>(make: () => T): T {
  try {
    return make()
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new DcganError('ERR_DCGAN_NATIVE', 'Out of memory', { cause })
  }
}
