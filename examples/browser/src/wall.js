import { draw } from './draw.js'

const SIZE = 40

/** A wall of digits, each of which can be chosen. */
export class Wall {
  #generator
  #tiles

  constructor(container, generator, onChoose) {
    this.#generator = generator
    this.#tiles = Array.from({ length: SIZE }, () => {
      const button = document.createElement('button')
      const canvas = document.createElement('canvas')
      button.type = 'button'
      Object.assign(canvas, { className: 'digit', width: 28, height: 28 })
      button.append(canvas)
      button.addEventListener('click', () => onChoose(Number(button.dataset.seed)))
      container.append(button)
      return { button, canvas }
    })
  }

  /** The digits of the seeds from that of the page on, in one batch: one seed each, so that each can be chosen. */
  async show({ seed, from, to, label }, wanted) {
    for (const [i, { button, canvas }] of this.#tiles.entries()) {
      const own = seed + i
      button.dataset.seed = own
      button.setAttribute('aria-label', `${label} of seed ${own}`)
      button.setAttribute('aria-pressed', own === from || own === to)
      draw(canvas, await this.#generator.sample(1, wanted(own)), 0)
    }
  }
}
