const SIDE = 28

/** The slider: every frame of the way is in one picture, so moving it sends no request. */
export class Morph {
  #slider = document.getElementById('slider')
  #gif = document.getElementById('gif')
  #strip = new Image()

  constructor() {
    this.#slider.addEventListener('input', () => this.#drawBetween())
    this.#strip.addEventListener('load', () => {
      this.#draw('from-digit', 0)
      this.#draw('to-digit', Number(this.#slider.max))
      this.#drawBetween()
    })
  }

  show({ from, to, label, version }) {
    document.getElementById('from-seed').value = from
    document.getElementById('to-seed').value = to
    const way = new URLSearchParams({ from, to, ...(label !== undefined && { label }), v: version })
    this.#gif.href = `morph.gif?${way}&scale=4`
    this.#gif.download = `morph-${from}-${to}.gif`
    this.#strip.src = `morph.png?${way}&frames=${Number(this.#slider.max) + 1}`
  }

  #drawBetween() {
    const share = this.#slider.valueAsNumber / Number(this.#slider.max)
    this.#draw('between', this.#slider.valueAsNumber)
    this.#slider.setAttribute('aria-valuetext', `${Math.round(100 * share)} % of the way`)
  }

  #draw(canvas, frame) {
    const { naturalWidth, complete } = this.#strip
    if (!complete || naturalWidth === 0) return
    document
      .getElementById(canvas)
      .getContext('2d')
      .drawImage(this.#strip, -SIDE * frame, 0)
  }
}
