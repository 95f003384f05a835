import { median, ratio } from './statistics.js'

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

/**
 * A row for each measurement and a column for each contender: the median time and, for a rival, the median of the
 * rounds' ratios of ours to theirs in the same precision.
 *
 * @param {string} title
 * @param {Map<string, Map<string, number[]>>} times seconds per round, by what is measured and by contender
 */
export function comparison(title, times) {
  const names = [...new Set([...times.values()].flatMap(values => [...values.keys()]))]
  const cell = (values, name) => {
    const own = values.get(name)
    if (own === undefined) return ''
    const ours = values.get(`ours ${name.split(' ').at(-1)}`)
    return `${seconds(median(own))}${ours && ours !== own ? ` (${ratio(ours, own).toFixed(2)})` : ''}`
  }
  return table(
    [title, ...names],
    [...times].map(([what, values]) => [what, ...names.map(name => cell(values, name))]),
  )
}

/** The targets met and missed; what has no unit is a ratio, ours to theirs. */
export function verdict(targets) {
  const number = (value, unit) => (unit ? `${value.toFixed(value < 10 ? 2 : 1)} ${unit}` : value.toFixed(2))
  return table(
    ["ours / rival, medians of the rounds' ratios", 'measured', 'target', ''],
    targets.map(({ what, value, limit, unit }) => [
      what,
      value === undefined ? '–' : number(value, unit),
      `≤ ${number(limit, unit)}`,
      value === undefined ? 'not measured' : value <= limit ? 'met' : 'missed',
    ]),
  )
}
