/**
 * Writes protobuf messages (protobuf.dev, "Encoding"). An ONNX model and TensorBoard's events need only five kinds of
 * fields, so a library would be larger than the code that uses it.
 */
export class Message {
  readonly #pieces: Uint8Array[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  /** An integer from 0 to 2⁵³ − 1. */
  integer(field: number, value: number): this {
    return this.#tag(field, 0).#varint(value)
  }

  /** Bytes, which are not copied before `toBytes()`, or another message. */
  bytes(field: number, value: Uint8Array | Message): this {
    this.#tag(field, 2).#varint(value.length)
    return value instanceof Message ? this.#append(...value.#pieces) : this.#append(value)
  }

  float32(field: number, value: number): this {
    const bytes = new DataView(new ArrayBuffer(4))
    bytes.setFloat32(0, value, true)
    return this.#tag(field, 5).#append(new Uint8Array(bytes.buffer))
  }

  float64(field: number, value: number): this {
    const bytes = new DataView(new ArrayBuffer(8))
    bytes.setFloat64(0, value, true)
    return this.#tag(field, 1).#append(new Uint8Array(bytes.buffer))
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value))
  }

  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.#length)
    let at = 0
    for (const piece of this.#pieces) {
      bytes.set(piece, at)
      at += piece.length
    }
    return bytes
  }

  #tag(field: number, wireType: number): this {
    return this.#varint(field * 8 + wireType)
  }

  /** Writes seven bits per byte, the lowest first. */
  #varint(value: number): this {
    const bytes: number[] = []
    let left = value
    for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) + 128)
    bytes.push(left)
    return this.#append(Uint8Array.from(bytes))
  }

  #append(...pieces: Uint8Array[]): this {
    for (const piece of pieces) {
      this.#pieces.push(piece)
      this.#length += piece.length
    }
    return this
  }
}
