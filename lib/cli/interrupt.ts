import { Interrupted } from './failure.js'

/** A terminal sends Ctrl-C to all its processes, and npm sends it on to its child: the same one twice. */
const SAME_KEYPRESS_MS = 500

/**
 * Runs a task that stops where Ctrl-C or SIGTERM comes: the first one aborts the signal, the second one ends the
 * process at once.
 */
export async function interruptible<T>(
  task: (signal: AbortSignal) => Promise<T>,
  onInterrupt: () => void,
): Promise<T> {
  const controller = new AbortController()
  let first = 0
  const onSignal = (name: 'SIGINT' | 'SIGTERM') => {
    if (controller.signal.aborted) {
      if (performance.now() - first < SAME_KEYPRESS_MS) return
      // Not process.exit(), which would wait for the step.
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
