import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

export const ROOT = join(__dirname, '..', '..')

/** A Markdown file of the repository. */
export interface Document {
  /** Its path from the root. */
  name: string
  text: string
}

const PLACES = [
  '.',
  'docs',
  'docs/api',
  'docs/figures',
  'examples',
  'examples/backend',
  'examples/backend/docs',
  'examples/browser',
  'bench',
  'quality',
]

/** Every Markdown file that a reader may open. */
export function documents(): Document[] {
  return PLACES.map(place => join(ROOT, place))
    .filter(folder => existsSync(folder))
    .flatMap(folder => readdirSync(folder).map(name => relative(ROOT, join(folder, name))))
    .filter(name => name.endsWith('.md'))
    .map(name => ({ name, text: readFileSync(join(ROOT, name), 'utf8') }))
}
