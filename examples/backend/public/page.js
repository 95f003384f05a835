import { Labels } from './labels.js'
import { Morph } from './morph.js'
import { Training } from './training.js'
import { SIZE, Wall } from './wall.js'

/** The page's state: the wall's first seed, the two ends of the slider, one digit or all, and the model that draws. */
const state = { seed: 0, from: 0, to: 0, label: undefined, version: '', classes: 0 }

const element = id => document.getElementById(id)
const wall = new Wall(element('wall'), element('wall-status'), choose)
const labels = new Labels(element('labels'), chooseLabel)
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

/** The same seeds, as one digit or as any. */
function chooseLabel(label) {
  state.label = label
  writeAddress('pushState')
  show()
}

function show() {
  element('seed').value = state.seed
  labels.show(state)
  wall.show(state)
  morph.show(state)
}

async function fetchModel() {
  const model = await (await fetch('model')).json()
  Object.assign(state, { version: model.version, classes: model.classes })
  if (!(state.label < model.classes)) state.label = undefined
  element('model').textContent = `model ${model.version}, ${model.step} steps, on ${model.device}`
  return model
}

function readAddress() {
  const parameters = new URLSearchParams(location.search)
  const integer = (name, max, fallback) => {
    const text = parameters.get(name) ?? ''
    const value = Number(text)
    return text !== '' && Number.isInteger(value) && value >= 0 && value <= max ? value : fallback
  }
  const lastSeed = Number.MAX_SAFE_INTEGER - SIZE
  state.seed = integer('seed', lastSeed, drawSeed())
  state.from = integer('from', lastSeed, state.seed)
  state.to = integer('to', lastSeed, state.seed + 1)
  state.label = integer('label', state.classes - 1, undefined)
}

function writeAddress(how) {
  const { seed, from, to, label } = state
  const parameters = { seed, from, to, ...(label !== undefined && { label }) }
  history[how](null, '', `?${new URLSearchParams(parameters)}`)
}
