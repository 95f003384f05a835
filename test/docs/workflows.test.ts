import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './documents.js'
import { commandsOf, treatmentOf } from './shell.js'

const FOLDER = join(ROOT, '.github', 'workflows')
const workflows = readdirSync(FOLDER).map(name => [name, readFileSync(join(FOLDER, name), 'utf8')] as const)

test.each(workflows)('%s pins every action by its full hash, next to its version', (_, text) => {
  const actions = [...text.matchAll(/uses: (.+)/g)].map(([, action]) => action)
  expect(actions.length).toBeGreaterThan(0)
  for (const action of actions) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
})

test.each(workflows)('%s has no permission that a job does not name', (_, text) => {
  expect(text).toMatch(/^permissions: \{\}$/m)
  const jobs = text.slice(text.indexOf('\njobs:\n')).match(/^ {2}\w+:$/gm)
  const permissions = text.match(/^ {4}permissions:/gm)
  expect(permissions?.length).toBe(jobs?.length)
})

test.each(workflows)('%s runs scripts of package.json and files that exist', (_, text) => {
  const commands = [...text.matchAll(/- run: (npm .+|npx .+)/g)].flatMap(([, run]) =>
    commandsOf(run as string),
  )
  const own = commands.filter(command => /^npm (test|run)|^npx/.test(command))
  expect(own).toContain('npm test')
  for (const command of own) expect(() => treatmentOf(command)).not.toThrow()
  for (const [, names] of text.matchAll(/test\/platforms\/\{(.*?)\}\.mjs/g)) {
    for (const name of (names as string).split(','))
      expect(existsSync(join(ROOT, 'test/platforms', `${name}.mjs`))).toBe(true)
  }
})
