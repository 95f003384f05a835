import { LossChart } from './chart.js'

/** A training run: it is this page's own, and ends with it. */
export class Training {
  #form = document.getElementById('train-form')
  #train = document.getElementById('train')
  #stop = document.getElementById('stop')
  #status = document.getElementById('train-status')
  #progress = document.getElementById('progress')
  #preview = document.getElementById('preview')
  #chart = new LossChart(document.getElementById('chart'))
  #onNewModel
  #controller

  constructor(allowed, onNewModel) {
    this.#onNewModel = onNewModel
    document.getElementById('training').hidden = !allowed
    this.#form.addEventListener('submit', event => {
      event.preventDefault()
      this.#run()
    })
    this.#stop.addEventListener('click', () => this.#controller?.abort())
  }

  async #run() {
    this.#controller = new AbortController()
    this.#show(true)
    this.#status.textContent = 'Starting…'
    try {
      await this.#follow(await this.#post())
    } catch (error) {
      this.#status.textContent =
        error.name === 'AbortError' ? 'Stopped. The old network still draws.' : error.message
    }
    this.#controller.abort()
    this.#show(false)
  }

  async #post() {
    const response = await fetch('train', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${document.getElementById('token').value.trim()}`,
      },
      body: JSON.stringify({
        epochs: document.getElementById('epochs').valueAsNumber,
        images: document.getElementById('images').valueAsNumber,
      }),
      signal: this.#controller.signal,
    })
    if (!response.ok) throw new Error((await response.json()).message)
    return response
  }

  async #follow(response) {
    for await (const { event, data } of eventsOf(response)) {
      if (event === 'start') {
        document.getElementById('run').hidden = false
        this.#chart.clear()
        this.#look()
      } else if (event === 'progress') {
        this.#chart.add(data)
        this.#progress.max = data.totalSteps
        this.#progress.value = data.step
        this.#status.textContent = describe(data)
      } else if (event === 'done') {
        await this.#onNewModel()
        this.#status.textContent = 'Done. The wall is drawn by the new network.'
      } else {
        this.#status.textContent = `Stopped: ${data.message}`
      }
    }
  }

  /** The same sixteen seeds over and over, drawn by the network as it learns. */
  async #look() {
    const { signal } = this.#controller
    while (!signal.aborted) {
      const response = await fetch('train/digits.png?count=16&columns=4', { signal }).catch(() => undefined)
      if (response?.status === 200) {
        const picture = await createImageBitmap(await response.blob())
        this.#preview.getContext('2d').drawImage(picture, 0, 0)
      }
      await new Promise(resolve => setTimeout(resolve, 500))
    }
  }

  #show(running) {
    const focused = [this.#train, this.#stop].includes(document.activeElement)
    this.#train.hidden = running
    this.#stop.hidden = !running
    // A button that is hidden would lose the keyboard's place.
    if (focused) (running ? this.#stop : this.#train).focus()
    this.#progress.hidden = !running
    if (running) this.#progress.removeAttribute('value')
  }
}

function describe({ epoch, epochs, step, totalSteps, imagesPerSecond, etaSeconds }) {
  const minutes = Math.floor(etaSeconds / 60)
  const seconds = String(Math.round(etaSeconds) % 60).padStart(2, '0')
  const where = epochs > 1 ? `Epoch ${epoch} of ${epochs}, step` : 'Step'
  const speed = `${Math.round(imagesPerSecond)} images a second`
  return `${where} ${step} of ${totalSteps}, ${speed}, ${minutes}:${seconds} to go`
}

/**
 * The server-sent events of an answer, as `{ event, data }`. `EventSource` would do it, but can only GET.
 */
async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const blocks = (text + part.value).split('\n\n')
    text = blocks.pop()
    for (const block of blocks) {
      const fields = block
        .split('\n')
        .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
      const { event, data } = Object.fromEntries(fields)
      yield { event, data: JSON.parse(data) }
    }
  }
}
