import { draw } from './draw.js'

export const SIZE = 40

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
      button.disabled = true
      Object.assign(canvas, { className: 'digit', width: 28, height: 28 })
      button.append(canvas)
      button.addEventListener('click', () => onChoose(Number(button.dataset.seed)))
      container.append(button)
      return { button, canvas }
    })
  }

  /**
   * Draws the digits of the seed of the page and of the next ones: one seed each, so that each can be chosen. The browser
   * paints and handles events between two of them.
   */
  async show({ seed, from, to, label }, wanted, isStale) {
    for (const [i, { button, canvas }] of this.#tiles.entries()) {
      await new Promise(resolve => setTimeout(resolve))
      const own = seed + i
      const batch = await this.#generator.sample(1, wanted(own))
      if (isStale()) return
      draw(canvas, batch, 0)
      button.dataset.seed = own
      button.disabled = false
      button.setAttribute('aria-label', `${label} of seed ${own}`)
      button.setAttribute('aria-pressed', own === from || own === to)
    }
  }
}
