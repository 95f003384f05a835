let warned = false

/** Warns once per process that training continues without a CUDA graph. `reason`: LibTorch's. */
export function warnOfCapture(reason: string): void {
  if (warned) return
  warned = true
  process.emitWarning(
    `No CUDA graph could be captured of the training step: models train without one, which is slower. LibTorch says: ` +
      `${reason}. Set kernels to 'plain' to train without a graph and without this warning`,
    { code: 'DCGAN_NO_GRAPH' },
  )
}
