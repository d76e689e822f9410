// The strips in which curves are swept. They are drawn behind the page, which only says where, how large, in which colours.

import { ask, onAnswer } from './behind.js'
import { isSpotCheck, vitalOf } from './model.js'
import { state } from './stream.js'
import { t } from './text.js'

const LEADS = ['ecg_ii', 'ecg_i', 'ecg_iii', 'ecg_v', 'ecg_avf', 'ecg_avl', 'ecg_avr']
/** What a strip shows: curves by preference, colour, px each second, least range in the curve's unit; `beside`: its number. */
export const ECG = { curves: LEADS, colour: '--hr', speed: 75, least: 0.8, name: 'ECG', beside: 'hr' }
export const PLETH = { curves: ['pleth'], colour: '--spo2', speed: 75, least: 0, name: t('Pleth'), beside: 'spo2' }
export const RESP = { curves: ['resp', 'co2'], colour: '--rr', speed: 24, least: 0, name: t('Resp'), beside: 'rr' }
const COLOURS = ['--hr', '--spo2', '--rr', '--hatch', '--tile']

const strips = new Map()
const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => measure(strips.get(target.dataset.strip))))
let made = 0

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
  host.classList.toggle('stale', silent || (!curve && expected))
}

function measure(strip) {
  const { clientWidth: width, clientHeight: height } = strip.host
  ask({ type: 'size', id: strip.id, width, height, ratio: devicePixelRatio })
  tell(strip)
}

function sendColours() {
  const style = getComputedStyle(document.documentElement)
  ask({ type: 'colours', colours: Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(name).trim()])) })
}

new MutationObserver(sendColours).observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })

/** Shows a curve of a chair in `host`: {remove()}. */
export function addStrip(host, chair, kind) {
  const id = String(++made)
  const canvas = host.appendChild(document.createElement('canvas'))
  canvas.setAttribute('aria-hidden', 'true')
  host.dataset.strip = id
  if (!strips.size) sendColours()
  strips.set(id, { id, host, chair, kind, curve: null, silent: false })
  ask({ type: 'strip', id, canvas, chair, kind })
  sizes.observe(host)
  return { remove: () => remove(id) }
}

function remove(id) {
  const { host } = strips.get(id)
  sizes.unobserve(host)
  host.replaceChildren()
  strips.delete(id)
  ask({ type: 'remove', id })
}
