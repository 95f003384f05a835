// gifenc ships no types; these are the parts of its 1.0.3 that lib/images/gif.ts uses.
declare module 'gifenc' {
  export interface FrameOptions {
    /** Red, green, blue, 0 to 255. Of the first frame: the global table; of a later one: a table of its own. */
    palette?: number[][]
    /** In milliseconds; written in hundredths of a second. */
    delay?: number
    /** Looked at in the first frame: 0 for ever, −1 once, n for n more times. */
    repeat?: number
  }

  export interface Encoder {
    /** `index`: `width` × `height` indices into the palette, row by row. */
    writeFrame(index: Uint8Array, width: number, height: number, options?: FrameOptions): void
    finish(): void
    /** A copy of all bytes so far. */
    bytes(): Uint8Array
  }

  export function GIFEncoder(): Encoder
}
