import fc from 'fast-check'
import { encodeHeader } from '../../lib/checkpoint/encode.js'
import {
  byteLength,
  type Dtype,
  ELEMENT_BYTES,
  type Header,
  LENGTH_BYTES,
  parseHeader,
} from '../../lib/checkpoint/header.js'

class Rejected extends Error {}
const fail = (what: string): never => {
  throw new Rejected(what)
}

const text = fc.string({ unit: 'binary', maxLength: 20 })
const tensor = fc.record({
  name: text.filter(name => name !== '__metadata__'),
  dtype: fc.constantFrom(...(Object.keys(ELEMENT_BYTES) as Dtype[])),
  shape: fc.array(fc.nat(9), { maxLength: 8 }),
})

/** Headers that describe their data exactly. */
const header: fc.Arbitrary<Header> = fc
  .tuple(
    fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 12 }),
    fc.uniqueArray(fc.tuple(text, text), { selector: ([key]) => key, maxLength: 6 }),
  )
  .map(([tensors, metadata]) => {
    let end = 0
    return {
      metadata: new Map(metadata),
      tensors: tensors.map(each => {
        const begin = end
        end += byteLength(each.dtype, each.shape) as number
        return { ...each, begin, end }
      }),
    }
  })

const dataBytes = ({ tensors }: Header) => tensors.at(-1)?.end ?? 0
const parse = (json: string, bytes: number) => parseHeader(Buffer.from(json), bytes, fail)

/** An empty tensor may stand before or after others of its place, so places are compared by name. */
const byName = ({ tensors, metadata }: Header) => ({
  metadata,
  tensors: new Map(tensors.map(each => [each.name, each])),
})

it('reads every header that it writes', () => {
  fc.assert(
    fc.property(header, each => {
      const bytes = encodeHeader(each)
      expect(bytes.length % 8).toBe(0)
      expect(Number(bytes.readBigUInt64LE())).toBe(bytes.length - LENGTH_BYTES)
      expect(parseHeader(bytes.subarray(LENGTH_BYTES), dataBytes(each), fail)).toEqual(each)
    }),
  )
})

it('writes headers that any JSON reader reads', () => {
  fc.assert(
    fc.property(header, ({ tensors, metadata }) => {
      const json = JSON.parse(encodeHeader({ tensors, metadata }).toString('utf8', LENGTH_BYTES))
      const { __metadata__, ...rest } = json
      expect(new Map(Object.entries(__metadata__))).toEqual(metadata)
      for (const { name, dtype, shape, begin, end } of tensors) {
        expect(rest[name]).toEqual({ dtype, shape, data_offsets: [begin, end] })
      }
    }),
  )
})

it('reads headers in any order, with any white space', () => {
  fc.assert(
    fc.property(header, fc.nat(), fc.constantFrom(0, 1, '\t', '\r\n '), (each, turn, space) => {
      const members: [string, unknown][] = each.tensors.map(({ name, dtype, shape, begin, end }) => [
        name,
        { data_offsets: [begin, end], shape, dtype },
      ])
      members.push(['__metadata__', Object.fromEntries(each.metadata)])
      const turned = members.map((_, i) => members[(i + turn) % members.length] as [string, unknown])
      // JSON.stringify knows only ten spaces and loses "__proto__", which Object.fromEntries keeps.
      const json = JSON.stringify(Object.fromEntries(turned), null, space)
      expect(byName(parse(json, dataBytes(each)))).toEqual(byName(each))
    }),
  )
})

it('rejects every other length of the data', () => {
  fc.assert(
    fc.property(header, fc.integer({ min: 1, max: 1000 }), (each, difference) => {
      const bytes = encodeHeader(each).subarray(LENGTH_BYTES)
      expect(() => parseHeader(bytes, dataBytes(each) + difference, fail)).toThrow(Rejected)
      if (difference <= dataBytes(each)) {
        expect(() => parseHeader(bytes, dataBytes(each) - difference, fail)).toThrow(Rejected)
      }
    }),
  )
})

it('rejects a tensor that is moved, alone or with its length', () => {
  fc.assert(
    fc.property(header, fc.nat(), fc.integer({ min: -9, max: 9 }), fc.boolean(), (each, which, by, both) => {
      fc.pre(by !== 0 && each.tensors.length > 0)
      const tensors = each.tensors.map(one => ({ ...one }))
      const moved = tensors[which % tensors.length] as (typeof tensors)[number]
      fc.pre(moved.begin + by >= 0 && moved.end > moved.begin)
      moved.begin += by
      if (both) moved.end += by
      const bytes = encodeHeader({ ...each, tensors }).subarray(LENGTH_BYTES)
      expect(() => parseHeader(bytes, dataBytes(each), fail)).toThrow(Rejected)
    }),
  )
})

it('rejects any other JSON, and never in another way', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(40), (json, bytes) => {
      if (json.trim() === '{}' && bytes === 0) return
      expect(() => parse(json, bytes)).toThrow(Rejected)
    }),
    { numRuns: 500 },
  )
})

it('accepts nothing that JSON.parse does not', () => {
  const pieces = fc.constantFrom(
    ...'{}[]:,"\\ ',
    '"a"',
    '"__metadata__"',
    '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}',
    '"x":"y"',
    '0',
    '\\u0041',
  )
  const near = fc.array(pieces, { maxLength: 12 }).map(parts => `{${parts.join('')}}`)
  fc.assert(
    fc.property(fc.oneof(near, fc.string({ unit: 'binary' })), json => {
      try {
        parse(json, 0)
      } catch (error) {
        if (error instanceof Rejected) return
        throw error
      }
      JSON.parse(json)
    }),
    { numRuns: 2000 },
  )
})
