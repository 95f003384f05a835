// Prints what a visitor fetches: the files of dist/, and their size as a server sends them compressed.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const folder = join(import.meta.dirname, 'dist')
const megabytes = bytes => `${(bytes / 1e6).toFixed(2)} MB`
const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
let [whole, packed] = [0, 0]
for (const { parentPath, name } of files) {
  const bytes = readFileSync(join(parentPath, name))
  const small = gzipSync(bytes).length
  whole += bytes.length
  packed += small
  if (bytes.length > 100_000)
    console.log(`${name}: ${megabytes(bytes.length)}, ${megabytes(small)} compressed`)
}
console.log(`All ${files.length} files: ${megabytes(whole)}, ${megabytes(packed)} compressed`)
