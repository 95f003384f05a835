const warned = new Set<string>()

/** Emits a process warning, once per process and code. */
export function warnOnce(code: string, message: string, type = 'Warning'): void {
  if (warned.has(code)) return
  warned.add(code)
  process.emitWarning(message, { type, code })
}
