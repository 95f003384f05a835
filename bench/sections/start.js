import { spawn } from 'node:child_process'
import { seconds, table } from '../report.js'
import { median } from '../statistics.js'

/** From starting the program to its first image, everything in the page cache. */
export async function start({ quick, contenders }) {
  const programs = contenders.starts()
  const times = new Map(programs.map(({ name }) => [name, []]))
  const rounds = quick ? 3 : 7
  for (let round = 0; round <= rounds; round++) {
    for (const { name, command, args, env } of programs) {
      const begin = performance.now()
      const fine = await firstLine(command, args, env)
      // The first round fills the page cache.
      if (round > 0 && fine) times.get(name).push((performance.now() - begin) / 1000)
    }
  }
  for (const [name, values] of times) if (values.length === 0) times.delete(name)
  const ours = times.get('ours')
  return {
    text: table(
      ['start of the process to the first image', 'time'],
      [...times].map(([name, values]) => [name, seconds(median(values))]),
    ),
    figures: Object.fromEntries(times),
    targets: [
      { what: '`node` start to first sampled image', value: ours && median(ours), limit: 1, unit: 's' },
    ],
  }
}

/** Whether it printed a line; resolves when it did, and lets it end by itself. */
function firstLine(command, args, env) {
  return new Promise(resolve => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'ignore'] })
    child.on('error', () => resolve(false))
    child.on('close', () => resolve(false))
    child.stdout.once('data', () => resolve(true))
  })
}
