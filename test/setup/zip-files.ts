import zlib from 'node:zlib'

export interface Item {
  name: string
  data: Buffer | string
  /** Unix mode with its kind, for example 0o120777 for a link. */
  mode?: number
  stored?: boolean
  /** Fields that lie. */
  crc?: number
  size?: number
  method?: number
  flags?: number
  zip64?: boolean
}

/** Writes a ZIP file in memory, honest but for what an item says. */
export function zip(items: Item[], { zip64 = false, comment = '' } = {}): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const item of items) {
    const data = Buffer.from(item.data as string)
    const packed = item.stored ? data : zlib.deflateRawSync(data)
    const name = Buffer.from(item.name)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(name.length, 26)
    local.writeUInt16LE(5, 28)
    // The local header's extra field differs from the directory's, as real ones do.
    parts.push(local, name, Buffer.alloc(5), packed)

    const wide = item.zip64 === true
    const size = item.size ?? data.length
    const extra = Buffer.alloc(wide ? 28 : 0)
    if (wide) {
      extra.writeUInt16LE(1, 0)
      extra.writeUInt16LE(24, 2)
      extra.writeBigUInt64LE(BigInt(size), 4)
      extra.writeBigUInt64LE(BigInt(packed.length), 12)
      extra.writeBigUInt64LE(BigInt(offset), 20)
    }
    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014b50, 0)
    central.writeUInt8(3, 5)
    // Bit 11: the name is UTF-8.
    central.writeUInt16LE(item.flags ?? 0x800, 8)
    central.writeUInt16LE(item.method ?? (item.stored ? 0 : 8), 10)
    central.writeUInt32LE(item.crc ?? zlib.crc32(data), 16)
    central.writeUInt32LE(wide ? 0xffffffff : packed.length, 20)
    central.writeUInt32LE(wide ? 0xffffffff : size, 24)
    central.writeUInt16LE(name.length, 28)
    central.writeUInt16LE(extra.length, 30)
    central.writeUInt32LE(((item.mode ?? 0o100644) << 16) >>> 0, 38)
    central.writeUInt32LE(wide ? 0xffffffff : offset, 42)
    directory.push(central, name, extra)
    offset += 30 + name.length + 5 + packed.length
  }
  const size = Buffer.concat(directory).length
  const tail: Buffer[] = []
  if (zip64) {
    const end = Buffer.alloc(56)
    end.writeUInt32LE(0x06064b50, 0)
    end.writeBigUInt64LE(44n, 4)
    end.writeBigUInt64LE(BigInt(items.length), 24)
    end.writeBigUInt64LE(BigInt(items.length), 32)
    end.writeBigUInt64LE(BigInt(size), 40)
    end.writeBigUInt64LE(BigInt(offset), 48)
    const locator = Buffer.alloc(20)
    locator.writeUInt32LE(0x07064b50, 0)
    locator.writeBigUInt64LE(BigInt(offset + size), 8)
    tail.push(end, locator)
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(zip64 ? 0xffff : items.length, 8)
  end.writeUInt16LE(zip64 ? 0xffff : items.length, 10)
  end.writeUInt32LE(zip64 ? 0xffffffff : size, 12)
  end.writeUInt32LE(zip64 ? 0xffffffff : offset, 16)
  end.writeUInt16LE(comment.length, 20)
  return Buffer.concat([...parts, ...directory, ...tail, end, Buffer.from(comment)])
}
