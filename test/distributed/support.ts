import type { ChildProcess } from 'node:child_process'
import { run } from '../process/child'
import type { Ended } from '../support/ended'
import { freePort } from '../support/port'

export interface RanksOptions {
  /** More variables of each rank, or others. */
  env?: (rank: number) => NodeJS.ProcessEnv
  /** Called with everything that a rank has written, whenever there is more. */
  onOutput?: (rank: number, text: string, child: ChildProcess) => void
}

/** Runs a script in as many processes, each with torchrun's variables. */
export async function ranks(count: number, script: string, options: RanksOptions = {}): Promise<Ended[]> {
  const { env, onOutput } = options
  const port = await freePort()
  return Promise.all(
    Array.from({ length: count }, (_, rank) =>
      run(script, {
        env: {
          RANK: `${rank}`,
          WORLD_SIZE: `${count}`,
          MASTER_ADDR: '127.0.0.1',
          MASTER_PORT: `${port}`,
          ...env?.(rank),
        },
        onOutput: (text, child) => onOutput?.(rank, text, child),
      }),
    ),
  )
}

/** The last line that each process printed, as JSON. */
export function results<T>(ended: readonly Ended[]): T[] {
  return ended.map(({ code, signal, stdout, stderr }) => {
    if (code !== 0) throw new Error(`it ended with ${code ?? signal}:\n${stdout}${stderr}`)
    return JSON.parse(stdout.trim().split('\n').at(-1) as string) as T
  })
}
