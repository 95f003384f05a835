/** Returns "2.13" for "2.13.0": LibTorch's C++ ABI is the same within a minor version. */
export function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.')
}

const { compare } = new Intl.Collator('en', { numeric: true })

/** Returns whether a version, such as "3.4", is older than another one. */
export function isOlder(version: string, than: string): boolean {
  return compare(version, than) < 0
}
