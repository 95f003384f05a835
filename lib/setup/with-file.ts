import fs from 'node:fs'

// A file of its own: sampling looks at the addon with it, and loads no other part of set-up.

/** Calls `use` with an open regular file. Throws for anything else: reading a pipe would wait for ever. */
export function withFile<T>(file: string, use: (fd: number, size: number) => T): T {
  const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY)
  try {
    const stat = fs.fstatSync(fd)
    if (!stat.isFile()) throw new Error(`${file} is not a regular file`)
    return use(fd, stat.size)
  } finally {
    fs.closeSync(fd)
  }
}
