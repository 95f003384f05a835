/** Bytes of buffers that are asked for by `new` while `work` runs. */
export async function allocatedBytes(work: () => Promise<unknown>): Promise<number> {
  let bytes = 0
  const originals = { ArrayBuffer, Uint8Array, Uint16Array, Float32Array, BigInt64Array }
  for (const [name, original] of Object.entries(originals)) {
    const width = 'BYTES_PER_ELEMENT' in original ? original.BYTES_PER_ELEMENT : 1
    Object.assign(globalThis, {
      [name]: new Proxy(original, {
        construct(target, args, newTarget) {
          if (typeof args[0] === 'number') bytes += args[0] * width
          return Reflect.construct(target, args, newTarget)
        },
      }),
    })
  }
  try {
    await work()
  } finally {
    Object.assign(globalThis, originals)
  }
  return bytes
}
