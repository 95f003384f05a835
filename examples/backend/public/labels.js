/** A row of buttons, one for each class of the model: pressed, the page shows that digit alone. */
export class Labels {
  #container
  #onChoose

  /** `onChoose` is given the label, or undefined where the pressed button is pressed again. */
  constructor(container, onChoose) {
    this.#container = container
    this.#onChoose = onChoose
  }

  show({ classes, label }) {
    this.#container.hidden = classes === 0
    const buttons = this.#container.children
    while (buttons.length > classes) this.#container.lastElementChild.remove()
    while (buttons.length < classes) this.#add(buttons.length)
    for (const [i, button] of [...buttons].entries()) button.setAttribute('aria-pressed', i === label)
  }

  #add(label) {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = label
    button.addEventListener('click', () =>
      this.#onChoose(button.getAttribute('aria-pressed') === 'true' ? undefined : label),
    )
    this.#container.append(button)
  }
}
