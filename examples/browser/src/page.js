import { Generator } from 'libtorch-dcgan/portable'
import weights from 'libtorch-dcgan/weights/mnist.safetensors?url'
import './style.css'
import { draw } from './draw.js'
import { Labels } from './labels.js'
import { Morph } from './morph.js'
import { SIZE, Wall } from './wall.js'

const element = id => document.getElementById(id)

/** The wall draws the seeds after the seed of the address, and the largest seed is the largest safe integer. */
const LAST_SEED = Number.MAX_SAFE_INTEGER - SIZE

/** The shown digit and its seed, the two ends of the morph, and the mistake in the address. */
const state = { label: 7, seed: 0, from: 0, to: 1, wrong: '' }
let shows = 0
readAddress()

const generator = await load().catch(error => {
  element('status').textContent = `The network did not come: ${error.message}`
  throw error
})
const labels = new Labels(element('labels'), label => change({ label }))
const wall = new Wall(element('wall'), generator, seed => change({ seed, from: state.to, to: seed }))
const morph = new Morph(element('slider'), generator)

element('reroll').addEventListener('click', () => change({ seed: drawSeed() }))
element('save').addEventListener('click', save)
window.addEventListener('popstate', () => {
  readAddress()
  show()
})
Object.assign(state, { from: state.seed, to: state.seed + 1 })
await show()

/** Loads the shipped weights from their compressed copy, which the development server does not have. */
async function load() {
  if (import.meta.env.DEV) return Generator.pretrained()
  const { ok, body, status } = await fetch(`${weights}.packed`)
  if (!ok) throw new Error(`The server answered ${status}`)
  const unpacked = new Response(body.pipeThrough(new DecompressionStream('gzip')))
  return Generator.load(await unpacked.bytes())
}

function drawSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0]
}

function change(changes) {
  Object.assign(state, { wrong: '', ...changes })
  history.pushState(null, '', `?digit=${state.label}&seed=${state.seed}`)
  return show()
}

async function show() {
  const { label, seed } = state
  const turn = ++shows
  const isStale = () => turn !== shows
  labels.show(generator.classes, label)
  const begin = performance.now()
  const batch = await generator.sample(1, wanted(seed))
  const time = performance.now() - begin
  draw(element('digit'), batch, 0)
  const name = generator.classes > 0 ? `${label} of seed ${seed}` : `Digit of seed ${seed}`
  element('digit').setAttribute('aria-label', name)
  element('status').textContent = `${state.wrong}${name}, drawn in ${time.toFixed(1)} ms`
  await wall.show(state, wanted, isStale)
  if (!isStale()) await morph.show(state)
}

/** Without classes the seed alone decides. */
function wanted(seed) {
  return { seed, ...(generator.classes > 0 && { labels: state.label }) }
}

async function save(event) {
  event.preventDefault()
  const batch = await generator.sample(1, wanted(state.seed))
  const link = Object.assign(document.createElement('a'), {
    href: URL.createObjectURL(new Blob([await batch.grid({ scale: 8 })], { type: 'image/png' })),
    download: `digit-${state.label}-${state.seed}.png`,
  })
  link.click()
  URL.revokeObjectURL(link.href)
}

function readAddress() {
  const parameters = new URLSearchParams(location.search)
  Object.assign(state, { label: 7, seed: drawSeed() })
  const isWrong = (name, key, most) => {
    if (!parameters.has(name)) return false
    const value = Number(parameters.get(name))
    const usable = Number.isSafeInteger(value) && value >= 0 && value <= most
    if (usable) state[key] = value
    return !usable
  }
  const wrong = [
    isWrong('digit', 'label', 9) && 'a digit from 0 to 9',
    isWrong('seed', 'seed', LAST_SEED) && `a seed from 0 to ${LAST_SEED}`,
  ].filter(Boolean)
  state.wrong = wrong.length > 0 ? `The address needs ${wrong.join(' and ')}. ` : ''
}
