import { digitUrl } from './wall.js'

/** The slider: every frame of the way is in one picture, so moving it asks the server for nothing. */
export class Morph {
  #slider = document.getElementById('slider')
  #canvas = document.getElementById('between')
  #gif = document.getElementById('gif')
  #strip = new Image()

  constructor() {
    this.#slider.addEventListener('input', () => this.#draw())
    this.#strip.addEventListener('load', () => this.#draw())
  }

  show({ from, to, version }) {
    for (const [end, seed] of Object.entries({ from, to })) {
      document.getElementById(`${end}-digit`).src = digitUrl(seed, version)
      document.getElementById(`${end}-seed`).value = seed
    }
    const way = new URLSearchParams({ from, to, v: version })
    this.#gif.href = `morph.gif?${way}&scale=4`
    this.#gif.download = `morph-${from}-${to}.gif`
    this.#strip.src = `morph.png?${way}&frames=${Number(this.#slider.max) + 1}`
  }

  #draw() {
    const { naturalWidth, complete } = this.#strip
    if (!complete || naturalWidth === 0) return
    const share = this.#slider.valueAsNumber / Number(this.#slider.max)
    this.#canvas.getContext('2d').drawImage(this.#strip, -28 * this.#slider.valueAsNumber, 0)
    this.#slider.setAttribute('aria-valuetext', `${Math.round(100 * share)} % of the way`)
  }
}
