// The strips in which curves are swept. They are drawn behind the page, which only says where, how large, in which colours.

import { ask, given, onAnswer } from './behind.js'
import { isSpotCheck, vitalOf } from './model.js'
import { state } from './stream.js'
import { t } from './text.js'

const LEADS = ['ecg_ii', 'ecg_i', 'ecg_iii', 'ecg_v', 'ecg_avf', 'ecg_avl', 'ecg_avr']
/** What a strip shows: curves by preference, colour, px each second, least range in the curve's unit; `beside`: its number. */
export const ECG = { curves: LEADS, colour: '--hr', speed: 75, least: 0.8, name: 'ECG', beside: 'hr' }
export const PLETH = { curves: ['pleth'], colour: '--spo2', speed: 75, least: 0, name: t('Pleth'), beside: 'spo2' }
export const RESP = { curves: ['resp', 'co2'], colour: '--rr', speed: 24, least: 0, name: t('Resp'), beside: 'rr' }
const COLOURS = ['--hr', '--spo2', '--rr', '--hatch', '--tile', '--ground']
const ALIVE_MS = 3000 // a drawing that tells nothing for so long stands still, and must not look live

const strips = new Map()
const stages = new Map() // element → {id, element, canvas, backs, told}
const sizes = new ResizeObserver(placeAll)
let made = 0
let alive = performance.now()
let still = false

onAnswer('strip', ({ id, name, silent }) => {
  const strip = strips.get(id)
  if (!strip) return
  Object.assign(strip, { curve: name, silent })
  tell(strip)
})

/** Never seen a curve: said in words where nothing measures it, hatched where something should. */
function tell({ host, chair, kind, curve, silent }) {
  const beside = vitalOf(state.chairs.get(chair) ?? { vitals: [] }, kind.beside)
  const expected = beside !== null && !isSpotCheck(beside)
  host.dataset.note = curve || expected ? '' : t`${kind.name} not monitored`
  host.dataset.curve = curve ?? ''
  host.classList.toggle('stale', silent || still || (!curve && expected))
}

onAnswer('alive', () => {
  alive = performance.now()
  if (still) judge()
})

function judge() {
  const was = still
  still = document.visibilityState === 'visible' && strips.size > 0 && performance.now() - alive > ALIVE_MS
  if (was !== still) strips.forEach(tell)
}

setInterval(judge, 1000)
document.addEventListener('visibilitychange', () => (alive = performance.now()))

/** Makes `element` a stage: one canvas beneath all that stands in it, on which its strips are drawn. `backs()` are the elements whose
 * ground the canvas has to paint, since it hides it. Gives back {remove()}. */
export function addStage(element, backs = () => []) {
  const id = String(++made)
  const canvas = document.createElement('canvas')
  canvas.className = 'stage'
  canvas.setAttribute('aria-hidden', 'true')
  element.prepend(canvas)
  const [surface, transfer] = given(canvas)
  if (!stages.size) alive = performance.now()
  stages.set(element, { id, element, backs, told: '' })
  sendColours()
  ask({ type: 'stage', id, canvas: surface }, transfer)
  sizes.observe(element)
  return { remove: () => leave(element) }
}

function leave(element) {
  const { id } = stages.get(element)
  sizes.unobserve(element)
  stages.delete(element)
  element.querySelector(':scope > .stage')?.remove()
  ask({ type: 'leave', id })
}

/** Tells anew where the strips stand; to be called where they moved without another size. */
export function placeAll() {
  for (const stage of stages.values()) place(stage)
  for (const strip of strips.values()) tell(strip)
}

function place({ id, element, backs, told }) {
  const zoom = element.currentCSSZoom ?? 1
  const origin = element.getBoundingClientRect()
  const boxOf = (one) => {
    const { left, top, width, height } = one.getBoundingClientRect()
    return [left - origin.left, top - origin.top, width, height].map((px) => px / zoom)
  }
  const here = [...strips.values()].filter(({ host }) => element.contains(host)).map((strip) => [strip.id, ...boxOf(strip.host)])
  const shown = here.some(([, , , width]) => width > 0)
  element.toggleAttribute('data-staged', shown)
  const grounds = shown ? backs() : []
  const radius = grounds.length ? parseFloat(getComputedStyle(grounds[0]).borderTopLeftRadius) || 0 : 0
  const [width, height] = shown ? [origin.width / zoom, origin.height / zoom] : [1, 1]
  const layout = { type: 'layout', id, width, height, ratio: devicePixelRatio * zoom, radius, backs: grounds.map(boxOf), strips: here }
  const text = JSON.stringify(layout)
  if (text === told) return
  stages.get(element).told = text
  ask(layout)
}

function sendColours() {
  const style = getComputedStyle(document.documentElement)
  const colours = Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(name).trim()]))
  const forced = matchMedia('(forced-colors: active)').matches
  colours.back = forced ? getComputedStyle(document.body).backgroundColor : colours['--tile']
  if (stages.size) ask({ type: 'colours', colours })
}

new MutationObserver(sendColours).observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })

/** Shows a curve of a chair in `host`, which stands on a stage: {remove()}. */
export function addStrip(host, chair, kind) {
  const id = String(++made)
  host.dataset.strip = id
  strips.set(id, { id, host, chair, kind, curve: null, silent: false })
  ask({ type: 'strip', id, chair, kind })
  sizes.observe(host)
  return { remove: () => remove(id) }
}

function remove(id) {
  sizes.unobserve(strips.get(id).host)
  strips.delete(id)
  ask({ type: 'remove', id })
}
