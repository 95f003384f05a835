import { type Fail, quoted } from './errors.js'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const FIRST_PRINTABLE = 0x20

/**
 * Reads JSON one value after the other, each of the kind that is asked for. `JSON.parse` would not do for files
 * of strangers: it drops duplicate keys, rounds integers, and builds whatever a file asks for, at sixty times
 * the size of the text.
 */
export class Cursor {
  readonly #text: string
  readonly #origin: number
  readonly #fail: Fail
  #position = 0

  /** `origin` is the place of the first byte in its file, for the messages. */
  constructor(bytes: Uint8Array, origin: number, fail: Fail) {
    this.#origin = origin
    this.#fail = fail
    try {
      this.#text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch (cause) {
      fail('its header is not UTF-8', { cause })
    }
  }

  /** An object; `read` is called after each key and has to read the value. */
  object(read: (key: string) => void): void {
    this.#expect('{')
    if (this.#accept('}')) return
    const keys = new Set<string>()
    do {
      const start = this.#skipSpace()
      const key = this.string()
      if (keys.has(key))
        this.#fail(`the key ${quoted(key)} stands twice in one object, at ${this.#place(start)}`)
      keys.add(key)
      this.#expect(':')
      read(key)
    } while (this.#accept(','))
    this.#expect('}')
  }

  string(): string {
    const start = this.#skipSpace()
    this.#expect('"')
    for (;;) {
      const code = this.#text.charCodeAt(this.#position++)
      if (code === QUOTE) break
      if (code === BACKSLASH) this.#position++
      else if (!(code >= FIRST_PRINTABLE)) this.#fail(`the string at ${this.#place(start)} does not end`)
    }
    try {
      return JSON.parse(this.#text.slice(start, this.#position)) as string
    } catch (cause) {
      return this.#fail(`the string at ${this.#place(start)} has an escape that JSON does not know`, {
        cause,
      })
    }
  }

  /** A list of at most `limit` integers from 0 to 2⁵³ − 1, written without sign, fraction and exponent. */
  integers(limit: number): number[] {
    const values: number[] = []
    const start = this.#skipSpace()
    this.#expect('[')
    if (this.#accept(']')) return values
    do {
      if (values.length === limit) this.#fail(`the list at ${this.#place(start)} is longer than ${limit}`)
      values.push(this.#integer())
    } while (this.#accept(','))
    this.#expect(']')
    return values
  }

  /** Nothing but white space may follow. */
  end(): void {
    const start = this.#skipSpace()
    if (start < this.#text.length) this.#fail(`its header goes on after its end, at ${this.#place(start)}`)
  }

  #integer(): number {
    const start = this.#skipSpace()
    const digits = /(?:0|[1-9]\d{0,15})(?![\d.eE])/y
    digits.lastIndex = start
    const value = Number(digits.exec(this.#text)?.[0])
    if (!Number.isSafeInteger(value)) {
      this.#fail(`expected an integer from 0 to 2^53 - 1 at ${this.#place(start)}`)
    }
    this.#position = digits.lastIndex
    return value
  }

  #expect(character: string): void {
    if (this.#accept(character)) return
    const found = this.#text[this.#position]
    const what = found === undefined ? 'ends' : `has ${quoted(found)}`
    this.#fail(`its header ${what} where ${character} belongs, at ${this.#place(this.#position)}`)
  }

  #accept(character: string): boolean {
    const start = this.#skipSpace()
    if (this.#text[start] !== character) return false
    this.#position = start + 1
    return true
  }

  #skipSpace(): number {
    while (' \t\n\r'.includes(this.#text[this.#position] ?? '-')) this.#position++
    return this.#position
  }

  #place(position: number): string {
    return `byte ${this.#origin + Buffer.byteLength(this.#text.slice(0, position))}`
  }
}
