import { DcganError } from './errors.js'

// A typed array tells its length by a property, which its owner may cover with another one. These ask the array itself.
const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array
const LENGTH = Object.getOwnPropertyDescriptor(TYPED_ARRAY, 'length')?.get as () => number
const NAME = Object.getOwnPropertyDescriptor(TYPED_ARRAY, Symbol.toStringTag)?.get as () => string | undefined
const { set: SET } = TYPED_ARRAY

/** Whether a value is a Uint8Array, of whichever realm. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return Reflect.apply(NAME, value, []) === 'Uint8Array'
}

/** Whether a value is a Float32Array, of whichever realm. */
export function isFloat32Array(value: unknown): value is Float32Array {
  return Reflect.apply(NAME, value, []) === 'Float32Array'
}

/** How many elements an array really has: none where its buffer is detached or too short for it. */
export function lengthOf(array: Uint8Array | Float32Array): number {
  return Reflect.apply(LENGTH, array, [])
}

/** A copy in memory of its own, which no other thread and no caller changes. */
export function copyOf(array: Float32Array): Float32Array
export function copyOf(array: Uint8Array): Uint8Array
export function copyOf(array: Float32Array | Uint8Array): Float32Array | Uint8Array {
  const length = lengthOf(array)
  const copy = allocate(() => (isFloat32Array(array) ? new Float32Array(length) : new Uint8Array(length)))
  Reflect.apply(SET, copy, [array])
  return copy
}

/** Makes an array, and says it with a code where there is not so much memory. */
export function allocate<T>(make: () => T): T {
  try {
    return make()
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new DcganError('ERR_DCGAN_NATIVE', 'Out of memory', { cause })
  }
}
