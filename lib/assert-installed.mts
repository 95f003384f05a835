import { readFileSync } from 'node:fs'
import { assertPackage } from './bundled.js'

// Runs before index.js, whose require() a bundle of ES modules refuses in words that name no way out.
// A bundle of CommonJS has no import.meta.url. There, index.js itself checks.
if (import.meta.url !== undefined) {
  const root = new URL('..', import.meta.url)
  assertPackage(root.href, () => readFileSync(new URL('package.json', root), 'utf8'))
}
