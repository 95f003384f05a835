import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** An event as the tests look at it. */
export interface ReadEvent {
  step: number
  wallTime: number
  fileVersion?: string
  /** Status 1 is the start of a run. */
  sessionStatus?: number
  scalars: Record<string, number>
  pictures: Record<string, { width: number; height: number; png: Buffer }>
}

/** Paths of a folder's event files, in TensorBoard's order. */
export function eventFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter(name => name.includes('tfevents'))
    .sort()
    .map(name => join(folder, name))
}

/** The events of a folder, file by file. */
export function readEvents(folder: string): ReadEvent[] {
  return eventFiles(folder).flatMap(file => [...records(readFileSync(file))].map(eventOf))
}

/** Returns a folder's curve of a tag, as TensorBoard shows it: the start of a run takes back that step and later ones. */
export function curve(folder: string, tag: string): [step: number, value: number][] {
  let points: [number, number][] = []
  for (const { step, sessionStatus, scalars } of readEvents(folder)) {
    if (sessionStatus === 1) points = points.filter(([earlier]) => earlier < step)
    const value = scalars[tag]
    if (value !== undefined) points.push([step, value])
  }
  return points
}

/** The records of a TFRecord file. Their checksums have to be right. */
function* records(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at))
    expect(bytes.readUInt32LE(at + 8)).toBe(maskedCrc(bytes.subarray(at, at + 8)))
    const data = bytes.subarray(at + 12, at + 12 + length)
    expect(data.length).toBe(length)
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(maskedCrc(data))
    yield data
    at += length + 16
  }
}

/** CRC-32C bit by bit, as RFC 3720 defines it, with TFRecord's mask. */
function maskedCrc(data: Buffer): number {
  let rest = 0xffffffff
  for (const byte of data) {
    rest ^= byte
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1
  }
  const crc = BigInt(~rest >>> 0)
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn)
}

type Field = [number: number, value: Buffer]

/** The fields of a protobuf message. */
function* fields(bytes: Buffer): Generator<Field> {
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] as number
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return Number(value)
    }
  }
  while (at < bytes.length) {
    const key = varint()
    const start = at
    const wireType = key & 7
    let length = { 0: 0, 1: 8, 5: 4 }[wireType]
    if (wireType === 0) varint()
    else if (wireType === 2) {
      length = varint()
      yield [key >> 3, bytes.subarray(at, at + length)]
      at += length
      continue
    } else at += length as number
    yield [key >> 3, bytes.subarray(start, at)]
  }
}

function integer(bytes: Buffer): number {
  return bytes.reduceRight((value, byte) => value * 128 + (byte & 127), 0)
}

function eventOf(bytes: Buffer): ReadEvent {
  const event: ReadEvent = { step: 0, wallTime: 0, scalars: {}, pictures: {} }
  for (const [number, value] of fields(bytes)) {
    if (number === 1) event.wallTime = value.readDoubleLE()
    else if (number === 2) event.step = integer(value)
    else if (number === 3) event.fileVersion = value.toString()
    else if (number === 7) event.sessionStatus = integer(new Map(fields(value)).get(1) as Buffer)
    else if (number === 5) for (const [, each] of fields(value)) addValue(event, new Map(fields(each)))
    else throw new Error(`field ${number} of an event`)
  }
  return event
}

function addValue(event: ReadEvent, value: Map<number, Buffer>): void {
  const tag = (value.get(1) as Buffer).toString()
  const number = value.get(2)
  if (number !== undefined) event.scalars[tag] = number.readFloatLE()
  const image = new Map(fields(value.get(4) ?? Buffer.alloc(0)))
  if (image.size === 0) return
  event.pictures[tag] = {
    height: integer(image.get(1) as Buffer),
    width: integer(image.get(2) as Buffer),
    png: image.get(4) as Buffer,
  }
}
