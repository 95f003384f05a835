const warned = new Set<string>()

/** Emits a process warning, once per process and code. */
export function warnOnce(code: string, message: string, options: { type?: string } = {}): void {
  if (warned.has(code)) return
  warned.add(code)
  process.emitWarning(message, { ...options, code })
}
