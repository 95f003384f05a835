/** Collects the times of answers by their status. */
export class Stopwatch {
  #times = {}

  add(status, seconds) {
    this.#times[status] ??= []
    this.#times[status].push(seconds)
  }

  get statuses() {
    const summary = times => ({
      count: times.length,
      p50: quantile(times, 0.5),
      p99: quantile(times, 0.99),
    })
    return Object.fromEntries(Object.entries(this.#times).map(([status, times]) => [status, summary(times)]))
  }
}

/** The smallest value that a share `q` of the values does not exceed. NaN for none. */
export function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
}
