import { spawn } from 'node:child_process'
import { mebibytes, seconds, table } from '../report.js'
import { median } from '../statistics.js'

/** A program's digits before its memory is read. */
const DIGITS = 1000

/** A process that makes one image and ends, everything in the page cache; and its memory after a thousand. */
export async function start({ quick, contenders }) {
  const programs = contenders.starts()
  const times = new Map(programs.map(({ name }) => [name, []]))
  const resident = new Map()
  const rounds = quick ? 5 : 25
  for (let round = 0; round <= rounds; round++) {
    for (const { name, command, args, env } of programs) {
      const begin = performance.now()
      const printed = await output(command, args, env)
      // The first round fills the page cache.
      if (round > 0 && printed !== undefined) times.get(name).push((performance.now() - begin) / 1000)
    }
  }
  for (const { name, command, args, env, counts } of programs) {
    const printed = counts && (await output(command, [...args, String(DIGITS)], env))
    if (printed) resident.set(name, Number(printed))
  }
  for (const [name, values] of times) if (values.length === 0) times.delete(name)
  const [node, ours] = ['node -e 0', 'ours'].map(name => times.get(name))
  return {
    text: table(
      ['a process that makes one image and ends', 'time', `resident after ${DIGITS} images`],
      [...times].map(([name, values]) => [
        name,
        seconds(median(values)),
        resident.has(name) ? mebibytes(resident.get(name)) : '',
      ]),
    ),
    figures: { times: Object.fromEntries(times), resident: Object.fromEntries(resident) },
    targets: [
      {
        what: 'a process that makes one image, against `node -e 0`',
        value: ours && node && median(ours) / median(node),
        limit: 2.2,
      },
      {
        what: `resident after ${DIGITS} images`,
        value: resident.get('ours'),
        limit: 100,
        unit: 'MiB',
      },
    ],
  }
}

/** Returns a program's output until it ends; undefined if it fails. */
function output(command, args, env) {
  return new Promise(resolve => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'ignore'] })
    let printed = ''
    child.stdout.on('data', text => {
      printed += text
    })
    child.on('error', () => resolve(undefined))
    child.on('close', code => resolve(code === 0 ? printed : undefined))
  })
}
