import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './documents.js'

/** The treatment of a command of a document in tests. */
export type Treatment =
  /** Runs the command line with these arguments. */
  | { kind: 'cli'; args: string[] }
  /** Runs set-up or doctor with `--help` behind its flags: they are checked, and nothing else is done. */
  | { kind: 'flags'; script: string; args: string[] }
  /** Looks at it only: what it names is there. */
  | { kind: 'there' }
  /** Does nothing, for a reason. */
  | { kind: 'none'; reason: string }

const ELSEWHERE: [RegExp, string][] = [
  [/^npm (ci|install|i|init)\b/, 'needs the network; test/package installs the package'],
  [/^(python3? -m venv|\S*pip install)\b/, 'needs the network'],
  [/^(git|cd|mkdir|curl|docker|source|kill)\b/, 'is not of this package'],
]

/** The commands of a block, comments and prompts aside. */
export function commandsOf(code: string): string[] {
  return code
    .replace(/\s*\\\n\s*/g, ' ')
    .split('\n')
    .map(line => line.replace(/(^|\s)#.*$/, '').replace(/^\$ /, ''))
    .flatMap(line => line.split(/\s(?:&&|\|\||;)\s/))
    .map(command => command.trim())
    .filter(command => command !== '')
}

/** Returns the treatment of a command. Throws if it is unknown, or names a file or script that is missing. */
export function treatmentOf(command: string): Treatment {
  const words = (command.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map(word =>
    word.replace(/^(['"])(.*)\1$/, '$2'),
  )
  while (/^[A-Z_]+=/.test(words[0] ?? '')) checkVariable((words.shift() as string).split('=')[0] as string)
  const [program = '', first = '', ...rest] = words
  const elsewhere = ELSEWHERE.find(([pattern]) => pattern.test(words.join(' ')))
  if (elsewhere !== undefined) return { kind: 'none', reason: elsewhere[1] }
  if (program === 'npm') return npm(first, rest)
  if (program === 'npx' && first === 'libtorch-dcgan') return packageCommand(rest)
  if (program === 'npx' && ['jest', 'tsx'].includes(first)) return named(rest[0] ?? '.')
  if (program === 'node') {
    const script = /^scripts\/(setup|doctor)\.js$/.exec(first)?.[1]
    return script === undefined ? named(first) : { kind: 'flags', script, args: rest }
  }
  if (program.startsWith('.')) return named(program)
  throw new Error(`No test knows the command ${JSON.stringify(command)}: add it to test/docs/shell.ts`)
}

function npm(first: string, rest: string[]): Treatment {
  const name = first === 'run' ? (rest.shift() ?? '') : first
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  if (scripts[name] === undefined) throw new Error(`package.json has no script ${JSON.stringify(name)}`)
  const flags = rest[0] === '--' ? rest.slice(1) : []
  if (name === 'start') return { kind: 'cli', args: ['train', ...flags] }
  if (name === 'setup') return { kind: 'flags', script: 'setup', args: flags }
  if (name === 'check' || name === 'bench') checkListed(name, flags[0])
  return { kind: 'there' }
}

/** A check or a measurement has a name in the file that starts it. */
function checkListed(script: 'check' | 'bench', name = ''): void {
  const list = join(ROOT, script === 'check' ? 'test/tools/check.js' : 'bench/index.js')
  if (name.startsWith('-') || new RegExp(`^ {2}'?${name}'?: \\{`, 'm').test(readFileSync(list, 'utf8')))
    return
  if (name !== '' || script === 'check') throw new Error(`npm run ${script} has no ${JSON.stringify(name)}`)
}

function packageCommand(args: string[]): Treatment {
  const [name = '', ...rest] = args
  return name === 'setup' || name === 'doctor'
    ? { kind: 'flags', script: name, args: rest }
    : { kind: 'cli', args }
}

function named(path: string): Treatment {
  if (!existsSync(join(ROOT, path))) throw new Error(`There is no ${path}`)
  return { kind: 'there' }
}

let sources: string | undefined

/** The files of a folder. Installed packages are left out: an example's link to this one would lead round in circles. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesOf(path)
    return entry.isFile() ? [path] : []
  })
}

/** A variable that nothing reads is a slip of the pen. */
function checkVariable(name: string): void {
  sources ??= ['lib', 'scripts', 'bench', 'examples', 'test']
    .flatMap(folder => filesOf(join(ROOT, folder)))
    .filter(path => /\.[cm]?[jt]s$/.test(path) && !/test.docs/.test(path))
    .map(path => readFileSync(path, 'utf8'))
    .join('\n')
  if (!sources.includes(name)) throw new Error(`Nothing reads the variable ${name}`)
}
