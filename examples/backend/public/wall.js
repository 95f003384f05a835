/** Digits on the wall. */
export const SIZE = 60

/** A wall of digits, each of which can be chosen. Digit i of the wall with seed s has the seed s + i. */
export class Wall {
  #status
  #tiles

  constructor(container, status, onChoose) {
    this.#status = status
    this.#tiles = Array.from({ length: SIZE }, () => {
      const button = document.createElement('button')
      const image = document.createElement('img')
      button.type = 'button'
      image.className = 'digit'
      image.alt = ''
      // A narrow screen leaves some out: they are not requested.
      image.loading = 'lazy'
      image.width = 28
      image.height = 28
      image.addEventListener('load', () => image.classList.remove('missing'))
      image.addEventListener('error', () => this.#miss(image))
      button.append(image)
      button.addEventListener('click', () => onChoose(Number(button.dataset.seed)))
      container.append(button)
      return { button, image }
    })
  }

  show({ seed, from, to, label, version }) {
    this.#status.textContent = ''
    for (const [i, { button, image }] of this.#tiles.entries()) {
      const own = seed + i
      const source = digitUrl(own, label, version)
      button.dataset.seed = own
      button.setAttribute('aria-label', `${label ?? 'Digit'} of seed ${own}`)
      button.setAttribute('aria-pressed', own === from || own === to)
      // The same address again would make a picture that failed stay away, and others flicker.
      if (image.getAttribute('src') !== source || image.classList.contains('missing')) image.src = source
    }
  }

  #miss(image) {
    image.classList.add('missing')
    this.#status.textContent = 'The server is busy: some digits did not come. Show them again in a moment.'
  }
}

function digitUrl(seed, label, version) {
  return label === undefined
    ? `digits/${seed}.png?v=${version}`
    : `digits/${label}.png?seed=${seed}&v=${version}`
}
