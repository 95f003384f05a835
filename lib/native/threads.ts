let warned = false

/** Warns once per process that a model has fewer threads than it was to have. */
export function warnOfThreads(missing: number): void {
  if (warned) return
  warned = true
  process.emitWarning(
    `This process may not start ${missing} of a model's threads: the model is slower. Lower threads or OMP_STACKSIZE, ` +
      'or raise the limit of threads or memory (ulimit -u, ulimit -v, or those of the container)',
    { code: 'DCGAN_FEW_THREADS' },
  )
}
