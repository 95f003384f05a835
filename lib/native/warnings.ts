import { warnOnce } from '../internal/warn.js'

/** Warns that training continues without a CUDA graph. `reason`: LibTorch's. */
export function warnOfCapture(reason: string): void {
  warnOnce(
    'DCGAN_NO_GRAPH',
    `No CUDA graph could be captured of the training step: models train without one, which is slower. LibTorch says: ` +
      `${reason}. Set kernels to 'plain' to train without a graph and without this warning`,
  )
}

/** Warns that `device: 'auto'` chose the CPU, although this LibTorch is built for CUDA. */
export function warnOfCpu(): void {
  const advice = 'Set device to cpu to choose it without this warning'
  warnOnce('DCGAN_NO_CUDA', `No CUDA device: models run on the CPU. ${advice}`)
}

/** Warns that a model computes in float32 although `precision` is `'bfloat16'`. */
export function warnOfFloat32(): void {
  const advice = "Set precision to 'auto' to allow this without a warning"
  warnOnce('DCGAN_NO_BFLOAT16', `This processor has no bfloat16 arithmetic: models run in float32. ${advice}`)
}

/** Warns that a model has fewer threads than it was to have. */
export function warnOfThreads(missing: number): void {
  warnOnce(
    'DCGAN_FEW_THREADS',
    `${missing} of a model's threads could not be started, so the model is slower. Lower threads or OMP_STACKSIZE, ` +
      'or raise the limit of threads or memory (ulimit -u, ulimit -v, or the limits of the container)',
  )
}
