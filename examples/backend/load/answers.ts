/** What a client process prints, as JSON. Times in seconds. */
export interface Answers {
  seconds: number
  sent: number
  /** Connections that broke, and answers that did not come. */
  errors: number
  /** By status code. */
  statuses: Record<string, { count: number; p50: number; p99: number }>
}

/** Collects the times of answers by their status. */
export class Stopwatch {
  readonly #times: Record<string, number[]> = {}

  add(status: number, seconds: number): void {
    this.#times[status] ??= []
    this.#times[status].push(seconds)
  }

  get statuses(): Answers['statuses'] {
    const summary = (times: number[]) => ({
      count: times.length,
      p50: quantile(times, 0.5),
      p99: quantile(times, 0.99),
    })
    return Object.fromEntries(Object.entries(this.#times).map(([status, times]) => [status, summary(times)]))
  }
}

/** The smallest value that a share `q` of the values does not exceed. NaN for none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
}
