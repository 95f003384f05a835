import { readFileSync } from 'node:fs'
import { assertPackage } from './bundled.js'

// In a bundle of ES modules, index.js fails with an unhelpful error. This check runs first.
// A bundle of CommonJS has no import.meta.url. There, index.js itself checks.
if (import.meta.url !== undefined) {
  const root = new URL('../..', import.meta.url)
  assertPackage(root.href, () => readFileSync(new URL('package.json', root), 'utf8'))
}
