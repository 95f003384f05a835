import { Morph } from './morph.js'
import { Training } from './training.js'
import { SIZE, Wall } from './wall.js'

/** What is shown: the wall's first seed, the two ends of the slider, and the model that draws. */
const state = { seed: 0, from: 0, to: 0, version: '' }

const element = id => document.getElementById(id)
const wall = new Wall(element('wall'), element('wall-status'), choose)
const morph = new Morph()

element('wall-form').addEventListener('submit', event => {
  event.preventDefault()
  showWall(element('seed').valueAsNumber)
})
element('reroll').addEventListener('click', () => showWall(drawSeed()))
window.addEventListener('popstate', () => {
  readAddress()
  show()
})

const model = await fetchModel()
readAddress()
writeAddress('replaceState')
show()
new Training(model.training.allowed, async () => {
  await fetchModel()
  show()
})

function drawSeed() {
  return Math.floor(Math.random() * 1_000_000)
}

/** A new wall, and a morph between its first two digits. Back returns to the wall before. */
function showWall(seed) {
  Object.assign(state, { seed, from: seed, to: seed + 1 })
  writeAddress('pushState')
  show()
}

/** The digit that was clicked becomes one end, and the end that was clicked last becomes the other. */
function choose(seed) {
  Object.assign(state, { from: state.to, to: seed })
  writeAddress('replaceState')
  show()
}

function show() {
  element('seed').value = state.seed
  wall.show(state)
  morph.show(state)
}

async function fetchModel() {
  const model = await (await fetch('model')).json()
  state.version = model.version
  element('model').textContent = `model ${model.version}, ${model.step} steps, on ${model.device}`
  return model
}

function readAddress() {
  const parameters = new URLSearchParams(location.search)
  const seedOf = (name, fallback) => {
    const text = parameters.get(name) ?? ''
    const seed = Number(text)
    return text !== '' && Number.isInteger(seed) && seed >= 0 && seed <= Number.MAX_SAFE_INTEGER - SIZE
      ? seed
      : fallback
  }
  state.seed = seedOf('seed', drawSeed())
  state.from = seedOf('from', state.seed)
  state.to = seedOf('to', state.seed + 1)
}

function writeAddress(how) {
  const { seed, from, to } = state
  history[how](null, '', `?${new URLSearchParams({ seed, from, to })}`)
}
