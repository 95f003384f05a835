/** A Markdown table; the first column is text, the others are figures. */
export function table(head, rows) {
  const line = cells => `| ${cells.join(' | ')} |`
  return [line(head), `|---|${'---:|'.repeat(head.length - 1)}`, ...rows.map(line)].join('\n')
}

export function seconds(value) {
  if (value >= 10) return `${value.toFixed(0)} s`
  if (value >= 1) return `${value.toFixed(2)} s`
  const milliseconds = value * 1000
  return `${milliseconds.toFixed(milliseconds < 10 ? 2 : milliseconds < 100 ? 1 : 0)} ms`
}

/** How many times as long: two decimals below ten, none above. */
export function factor(value) {
  return `× ${value.toFixed(value < 10 ? 2 : 0)}`
}

export function mebibytes(value) {
  return `${value.toFixed(0)} MiB`
}

/** The targets met and missed; what has no unit is a ratio, ours to theirs. */
export function verdict(targets) {
  const number = (value, unit) => (unit ? `${value.toFixed(value < 10 ? 2 : 1)} ${unit}` : value.toFixed(2))
  return table(
    ['ours / rival, medians of this run', 'measured', 'target', ''],
    targets.map(({ what, value, limit, unit }) => [
      what,
      value === undefined ? '–' : number(value, unit),
      `≤ ${number(limit, unit)}`,
      value === undefined ? 'not measured' : value <= limit ? 'met' : 'missed',
    ]),
  )
}
