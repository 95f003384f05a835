import { EXIT, Interrupted } from './failure.js'

/**
 * Runs a task that stops where Ctrl-C or SIGTERM comes: the first one aborts the signal, the second one ends the
 * process at once.
 */
export async function interruptible<T>(
  task: (signal: AbortSignal) => Promise<T>,
  onInterrupt: () => void,
): Promise<T> {
  const controller = new AbortController()
  const onSignal = (name: 'SIGINT' | 'SIGTERM') => {
    if (controller.signal.aborted) process.exit(EXIT[name])
    onInterrupt()
    controller.abort(new Interrupted(name))
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  try {
    return await task(controller.signal)
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}
