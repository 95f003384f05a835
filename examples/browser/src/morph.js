import { draw } from './draw.js'

/** The slider: its frames are drawn at once, so moving it computes nothing. */
export class Morph {
  #slider
  #generator
  #frames

  constructor(slider, generator) {
    this.#slider = slider
    this.#generator = generator
    slider.addEventListener('input', () => this.#drawBetween())
  }

  async show({ from, to, label }) {
    const count = Number(this.#slider.max) + 1
    const options = this.#generator.classes > 0 ? { label } : undefined
    this.#frames = await this.#generator.interpolate(from, to, count, options)
    draw(document.getElementById('from'), this.#frames, 0)
    draw(document.getElementById('to'), this.#frames, count - 1)
    this.#drawBetween()
  }

  #drawBetween() {
    if (this.#frames === undefined) return
    const frame = this.#slider.valueAsNumber
    draw(document.getElementById('between'), this.#frames, frame)
    const share = Math.round((100 * frame) / Number(this.#slider.max))
    this.#slider.setAttribute('aria-valuetext', `${share} % of the way`)
  }
}
