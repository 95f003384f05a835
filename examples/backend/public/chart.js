const NAMES = ['discriminator', 'generator']
const MARGIN = { top: 10, right: 90, bottom: 24, left: 30 }
/** Weight of what came before in the thick lines. */
const SMOOTHING = 0.9

/** The two losses over the steps: each as it is, thin, and smoothed, thick. */
export class LossChart {
  #svg
  #points = []
  #totalSteps = 1
  #drawing = false

  constructor(svg) {
    this.#svg = svg
    new ResizeObserver(() => this.#drawSoon()).observe(svg)
  }

  clear() {
    this.#points = []
    this.#drawSoon()
  }

  add({ step, totalSteps, discLoss, genLoss }) {
    const last = this.#points.at(-1)
    const raw = [discLoss, genLoss]
    const smooth = raw.map((loss, i) => (last ? SMOOTHING * last.smooth[i] + (1 - SMOOTHING) * loss : loss))
    this.#points.push({ step, raw, smooth })
    this.#totalSteps = totalSteps
    this.#drawSoon()
  }

  #drawSoon() {
    if (this.#drawing) return
    this.#drawing = true
    requestAnimationFrame(() => {
      this.#drawing = false
      this.#draw()
    })
  }

  #draw() {
    const { width, height } = this.#svg.getBoundingClientRect()
    if (width === 0) return
    const top = ceiling(
      Math.max(1.5, ...this.#points.flatMap(({ smooth }) => smooth.map(loss => 1.15 * loss))),
    )
    const x = step => MARGIN.left + (step / this.#totalSteps) * (width - MARGIN.left - MARGIN.right)
    const y = loss =>
      height - MARGIN.bottom - (Math.min(loss, top) / top) * (height - MARGIN.top - MARGIN.bottom)
    this.#svg.setAttribute('viewBox', `0 0 ${width} ${height}`)
    this.#svg.replaceChildren(...this.#axes(top, x, y, width), ...this.#lines(x, y), ...this.#names(x, y))
    this.#describe()
  }

  #axes(top, x, y, width) {
    const marks = [0, top / 2, top].flatMap(loss => [
      make('line', { class: 'grid', x1: MARGIN.left, x2: width - MARGIN.right, y1: y(loss), y2: y(loss) }),
      make('text', { x: MARGIN.left - 8, y: y(loss) + 4, 'text-anchor': 'end' }, String(loss)),
    ])
    const below = y(0) + 18
    return [
      ...marks,
      make('text', { x: MARGIN.left, y: below }, 'loss'),
      make('text', { x: x(this.#totalSteps), y: below, 'text-anchor': 'end' }, `step ${this.#totalSteps}`),
    ]
  }

  #lines(x, y) {
    return ['raw', 'smooth'].flatMap(kind =>
      NAMES.map((name, i) => {
        const places = this.#points.map(
          point => `${x(point.step).toFixed(1)} ${y(point[kind][i]).toFixed(1)}`,
        )
        return make('path', { class: `${kind} ${name}`, d: places.length > 0 ? `M${places.join('L')}` : '' })
      }),
    )
  }

  /** Next to the ends of the lines, at least a line of text apart. */
  #names(x, y) {
    const last = this.#points.at(-1)
    if (last === undefined) return []
    const heights = last.smooth.map(y)
    const [upper, lower] = heights[0] < heights[1] ? [0, 1] : [1, 0]
    const push = Math.max(0, 16 - (heights[lower] - heights[upper])) / 2
    heights[upper] -= push
    heights[lower] += push
    return NAMES.map((name, i) => make('text', { class: name, x: x(last.step) + 8, y: heights[i] + 4 }, name))
  }

  #describe() {
    const last = this.#points.at(-1)
    if (last === undefined) return
    const values = NAMES.map((name, i) => `${name} ${last.smooth[i].toFixed(2)}`)
    this.#svg.setAttribute('aria-label', `Losses at step ${last.step}: ${values.join(', ')}`)
  }
}

/** The next of 1, 2, 3, 4, 6, 8, 10, 20, … */
function ceiling(value) {
  const unit = 10 ** Math.floor(Math.log10(value))
  return unit * ([1, 2, 3, 4, 6, 8, 10].find(step => step * unit >= value) ?? 10)
}

function make(name, attributes, text = '') {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.textContent = text
  return element
}
