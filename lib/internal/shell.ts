/** Quotes a text for a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** Quotes a word for a shell, if necessary. */
export function shellWord(text: string): string {
  return /^[\w./:,@%+=-]+$/.test(text) ? text : quoted(text)
}
