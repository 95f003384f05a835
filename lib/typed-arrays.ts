import { DcganError } from './errors.js'

// A caller can hide a typed array's properties behind others of the same name. These functions ask the array itself.
const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array
const LENGTH = Object.getOwnPropertyDescriptor(TYPED_ARRAY, 'length')?.get as () => number
const NAME = Object.getOwnPropertyDescriptor(TYPED_ARRAY, Symbol.toStringTag)?.get as () => string | undefined
const { set: SET } = TYPED_ARRAY

/** Tells whether a value is a Uint8Array, also one of another realm. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return Reflect.apply(NAME, value, []) === 'Uint8Array'
}

/** Tells whether a value is a Float32Array, also one of another realm. */
export function isFloat32Array(value: unknown): value is Float32Array {
  return Reflect.apply(NAME, value, []) === 'Float32Array'
}

/** Returns the true number of elements: 0 if the array's buffer is detached or too short. */
export function lengthOf(array: Uint8Array | Float32Array): number {
  return Reflect.apply(LENGTH, array, [])
}

/** Copies an array into new memory, which no caller and no other thread can change. */
export function copyOf(array: Float32Array): Float32Array
export function copyOf(array: Uint8Array): Uint8Array
export function copyOf(array: Float32Array | Uint8Array): Float32Array | Uint8Array {
  const length = lengthOf(array)
  const copy = allocate(() => (isFloat32Array(array) ? new Float32Array(length) : new Uint8Array(length)))
  Reflect.apply(SET, copy, [array])
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
