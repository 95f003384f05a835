import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { App } from './app.js'
import { documents, ROOT } from './documents.js'
import { type Block, blocksOf } from './markdown.js'
import { commandsOf, treatmentOf } from './shell.js'

/** A block's job for run-jobs.mjs. */
export interface Job {
  id: string
  kind: 'module' | 'process' | 'jest' | 'cli' | 'flags'
  /** The working folder. */
  folder: string
  file?: string
  args?: string[]
  script?: string
}

/** A block with where it is. */
export interface PlacedBlock extends Block {
  id: string
  document: string
  /** Its document's folder in the application. */
  place: string
  /** Why it is not run. */
  skip: string | undefined
}

/** `<!-- docs-test: … -->` before a block. */
const DIRECTIVE = /^(skip: .+|continues|process|jest)$/
const DRAWINGS = /^(flowchart|sequenceDiagram)\b/

export function placedBlocks(): PlacedBlock[] {
  return documents()
    .filter(({ name }) => !/^(CHANGELOG|examples\/(backend|browser)\/)/.test(name))
    .flatMap(({ name, text }) =>
      blocksOf(text).map(block => ({
        ...block,
        id: `${name}:${block.line} ${block.language}`,
        document: name,
        place: name.replace(/\.md$/, '').replaceAll('/', '-'),
        skip: /^skip: (.+)$/.exec(block.directive ?? '')?.[1],
      })),
    )
}

interface Module {
  /** Its path in the application. */
  file: string
  code: string
  /** The blocks that it is made of. */
  ids: string[]
}

/** Writes the blocks into an application, and says what is to be run of them. */
export class Plan {
  readonly jobs: Job[] = []
  /** The fault of each block that is wrong. */
  readonly faults = new Map<string, string>()
  readonly #app: App
  readonly #modules: Module[] = []

  constructor(app: App, blocks: readonly PlacedBlock[]) {
    this.#app = app
    for (const block of blocks.filter(({ skip }) => skip === undefined)) {
      try {
        this.#add(block)
      } catch (error) {
        this.faults.set(block.id, (error as Error).message)
      }
    }
    this.#compile()
  }

  /** The block that owns the job of a block. */
  ownerOf(id: string): string {
    return this.#modules.find(({ ids }) => ids.includes(id))?.ids[0] ?? id
  }

  #add(block: PlacedBlock): void {
    const { language, code, directive } = block
    if (directive !== undefined && !DIRECTIVE.test(directive)) {
      throw new Error(`docs-test knows no ${JSON.stringify(directive)}`)
    }
    if (language === 'ts' || language === 'js') this.#addModule(block)
    else if (language === 'sh') this.#addCommands(block)
    else if (language === 'json') JSON.parse(code)
    else if (language === 'diff') checkDiff(code)
    else if (language === 'python') {
      // Those are run there, with a Python that has PyTorch.
      if (block.document !== 'docs/state-file.md' || !/^# (load|save)\.py/.test(code)) {
        throw new Error('test/checkpoint/python.test.ts does not know this program')
      }
    } else if (language === 'mermaid') {
      if (!DRAWINGS.test(code)) throw new Error('It is no drawing that is known')
    } else if (language !== '') throw new Error(`No test knows the language ${language}`)
  }

  #addModule({ id, place, line, language, code, directive }: PlacedBlock): void {
    if (directive === 'continues') {
      const before = this.#modules.at(-1)
      if (before === undefined || !before.file.startsWith(`${place}/`))
        throw new Error('It continues nothing')
      before.code += `\n${code}`
      before.ids.push(id)
      this.#app.write(before.file, `${before.code}\n`)
      return
    }
    // Node.js 20, the oldest that is supported, cannot parse it.
    if (/^\s*await using\b/m.test(code)) throw new Error('Node.js 20 has no `await using`')
    const common = /\brequire\(/.test(code) && !/^import /m.test(code)
    const extension = directive === 'jest' ? 'test.js' : `${common ? 'c' : 'm'}${language}`
    const source = join(place, `block-${line}.${extension}`)
    const written = this.#app.write(source, `${code}\n`)
    this.#modules.push({ file: source, code, ids: [id] })
    this.jobs.push({
      id,
      kind: directive === 'process' || directive === 'jest' ? directive : 'module',
      folder: this.#app.path(place),
      file: written.replace(/ts$/, 'js'),
    })
  }

  #addCommands({ id, place, code }: PlacedBlock): void {
    for (const command of commandsOf(code)) {
      const treatment = treatmentOf(command)
      if (treatment.kind === 'there' || treatment.kind === 'none') continue
      this.jobs.push({ ...treatment, id, folder: this.#app.path(place) })
    }
  }

  #compile(): void {
    const modules = this.#modules.filter(({ file }) => file.endsWith('ts'))
    const said = this.#app.compile(modules.map(({ file }) => file))
    for (const { file, ids } of modules) {
      const own = said.filter(line => line.startsWith(`${file}(`))
      if (own.length > 0) for (const id of ids) this.faults.set(id, own.join('\n'))
    }
    if (said.length > 0 && this.faults.size === 0) throw new Error(said.join('\n'))
  }
}

/** Throws unless each line that a diff adds is a line of its file, and each line that it removes is none. */
function checkDiff(code: string): void {
  let file = ''
  for (const line of code.split('\n')) {
    const name = /^\+\+\+ (.+)$/.exec(line)?.[1]
    if (name !== undefined) file = name
    else if (/^[+-]/.test(line)) {
      const isThere = readFileSync(join(ROOT, file), 'utf8').split('\n').includes(line.slice(1))
      if (isThere !== line.startsWith('+')) throw new Error(`${file} is not as after this diff: ${line}`)
    }
  }
}
