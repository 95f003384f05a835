import { Interrupted } from './failure.js'

/** One Ctrl-C can arrive twice: from the terminal, which sends it to all its processes, and from npm. */
const SAME_KEYPRESS_MS = 500

/** Runs a task. The first Ctrl-C or SIGTERM aborts the task's signal. The second one ends the process at once. */
export async function interruptible<T>(
  task: (signal: AbortSignal) => Promise<T>,
  onInterrupt = () => {},
): Promise<T> {
  const controller = new AbortController()
  let first = 0
  const onSignal = (name: 'SIGINT' | 'SIGTERM') => {
    if (controller.signal.aborted) {
      if (performance.now() - first < SAME_KEYPRESS_MS) return
      // process.exit() would wait for the step.
      release()
      process.kill(process.pid, name)
      return
    }
    first = performance.now()
    onInterrupt()
    controller.abort(new Interrupted(name))
  }
  const release = () => process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  try {
    return await task(controller.signal)
  } finally {
    release()
  }
}
