/** A row of buttons, one for each class of the generator. */
export class Labels {
  #container
  #onChoose

  constructor(container, onChoose) {
    this.#container = container
    this.#onChoose = onChoose
  }

  show(classes, label) {
    this.#container.hidden = classes === 0
    const buttons = this.#container.children
    while (buttons.length < classes) this.#add(buttons.length)
    for (const [i, button] of [...buttons].entries()) button.setAttribute('aria-pressed', i === label)
  }

  #add(label) {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = label
    button.addEventListener('click', () => this.#onChoose(label))
    this.#container.append(button)
  }
}
