// Curves swept over canvases: only the columns that are new are drawn, a gap of 26 px runs ahead of the pen, what did not
// come is hatched. One loop draws all. Amplitudes fit the strip; the gain changes only where a sweep begins anew.

import { Curve } from './curves.js'
import { eachFrame } from './frames.js'
import { onWaves, state, subscribe } from './stream.js'

const GAP = 26 // px
const TAIL = 6 // px behind the pen that are drawn anew, so that its dot leaves no mark
const DOT = 2.6
const STALE_S = 5
const FIT_S = 5
const SHRINK = 0.7 // the gain changes when the curve fills less than this of its strip

const LEADS = ['ecg_ii', 'ecg_i', 'ecg_iii', 'ecg_v', 'ecg_avf', 'ecg_avl', 'ecg_avr']
/** What a strip shows: curves by preference, colour, px each second, least range in the curve's unit. */
export const ECG = { curves: LEADS, colour: '--hr', speed: 75, least: 0.8, name: 'ECG' }
export const PLETH = { curves: ['pleth'], colour: '--spo2', speed: 75, least: 0, name: 'Pleth' }
export const RESP = { curves: ['resp', 'co2'], colour: '--rr', speed: 19, least: 0, name: 'Resp' }

const curves = new Map() // chair → Map of number → Curve
const strips = new Set()
const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => target.strip?.resize()))
let colours = new Map()
let ending = null

const clockOf = (ms) => (ms / 1000) * state.speed

onWaves((chair, waveform, run, first, samples) => {
  const known = curves.get(chair) ?? curves.set(chair, new Map()).get(chair)
  let curve = known.get(waveform.number)
  if (curve?.rate !== waveform.rate_hz) known.set(waveform.number, (curve = new Curve(waveform)))
  curve.take(run, first, samples, clockOf(performance.now()))
})

subscribe((event) => event === 'welcome' && curves.clear())

new MutationObserver(() => {
  colours = new Map()
  for (const strip of strips) strip.again()
}).observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })

function colour(name) {
  if (!colours.has(name)) colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim())
  return colours.get(name)
}

/** The hatching of gaps: slanted bars in the style sheet's colour, on the device's pixels. */
function hatching(context, ratio) {
  const key = `hatch ${ratio}`
  if (colours.has(key)) return colours.get(key)
  const side = Math.round(14 * ratio)
  const tile = Object.assign(document.createElement('canvas'), { width: side, height: side })
  const pen = tile.getContext('2d')
  Object.assign(pen, { strokeStyle: colour('--hatch'), lineWidth: side / 2.8 })
  for (const at of [-side, 0, side]) {
    pen.moveTo(at - side / 2, side * 1.5)
    pen.lineTo(at + side * 1.5, -side / 2)
  }
  pen.stroke()
  colours.set(key, context.createPattern(tile, 'repeat'))
  return colours.get(key)
}

class Strip {
  constructor(host, chair, kind) {
    Object.assign(this, { host, chair, kind, curve: null, drawn: null, low: 0, high: 1, fitted: false, lap: null })
    this.canvas = host.appendChild(document.createElement('canvas'))
    this.canvas.setAttribute('aria-hidden', 'true')
    this.context = this.canvas.getContext('2d')
    host.strip = this
    this.resize()
    sizes.observe(host)
  }

  remove() {
    sizes.unobserve(this.host)
    strips.delete(this)
    this.canvas.remove()
    if (!strips.size) ending = ending?.() && null
  }

  resize() {
    this.ratio = devicePixelRatio
    this.width = this.host.clientWidth
    this.height = this.host.clientHeight
    this.canvas.width = Math.round(this.width * this.ratio)
    this.canvas.height = Math.round(this.height * this.ratio)
    this.line = Math.min(3, Math.max(1.5, this.height / 50))
    this.again()
  }

  /** Everything is to be drawn anew with the next frame. */
  again() {
    this.drawn = null
  }

  /** The curve to show: the first by preference that the chair has, one that is heard before one that is silent. */
  choose(at) {
    const known = [...(curves.get(this.chair)?.values() ?? [])]
    const rank = ({ waveform, heard }) => this.kind.curves.indexOf(waveform.name) + (at - heard > STALE_S ? 100 : 0)
    const fit = known.filter(({ waveform }) => this.kind.curves.includes(waveform.name)).sort((a, b) => rank(a) - rank(b))
    return fit[0] ?? null
  }

  look(at) {
    const curve = this.choose(at)
    if (curve !== this.curve) Object.assign(this, { curve, drawn: null, fitted: false })
    const silent = curve ? at - curve.heard > STALE_S : false
    const note = curve ? '' : `${this.kind.name} not monitored`
    if (this.host.dataset.note !== note) this.host.dataset.note = note
    if (this.host.classList.contains('stale') !== silent) this.host.classList.toggle('stale', silent)
    if (curve && this.host.dataset.curve !== curve.waveform.name) this.host.dataset.curve = curve.waveform.name
    if (curve && (!this.fitted || this.clipped())) this.fit()
  }

  clipped() {
    const range = this.curve.range(1)
    const spare = (this.high - this.low) * 0.15
    return range !== null && (range.high > this.high + spare || range.low < this.low - spare)
  }

  /** Chooses the gain by the last seconds. */
  fit() {
    const range = this.curve.range(FIT_S)
    if (!range) return
    const { scale } = this.curve.waveform
    const least = Math.max(scale ? this.kind.least / Math.abs(scale) : 0, 1)
    const middle = (range.low + range.high) / 2
    const half = Math.max(range.high - range.low, least) / 2
    const fills = (2 * half) / (this.high - this.low)
    const inside = middle + half <= this.high && middle - half >= this.low
    if (this.fitted && inside && fills > SHRINK) return
    Object.assign(this, { low: middle - half * 1.1, high: middle + half * 1.1, fitted: true, drawn: null })
  }

  draw(at) {
    const { curve, width } = this
    if (!width) return
    if (!curve) {
      if (this.drawn !== 'nothing') this.context.clearRect(0, 0, this.canvas.width, this.canvas.height)
      this.drawn = 'nothing'
      return
    }
    const perSample = (this.kind.speed / Math.max(1, state.speed) / curve.rate) * state.speed
    const pen = curve.pen(at) * perSample
    const whole = width - GAP
    let from = typeof this.drawn === 'number' ? this.drawn : -Infinity
    if (pen - from > whole || pen < from - 1) {
      this.context.clearRect(0, 0, this.canvas.width, this.canvas.height)
      from = pen - whole
    } else if (pen - from < 0.5 / this.ratio) return
    const lap = Math.floor(pen / width)
    this.sweep(from, pen, perSample)
    this.drawn = pen
    if (lap !== this.lap) this.fit()
    this.lap = lap
  }

  /** Draws what lies between two places of the pen, px, and clears the gap ahead. */
  sweep(from, pen, perSample) {
    const { context, width, height, ratio } = this
    const left = Math.floor((from - TAIL) * ratio) / ratio
    for (let lap = Math.floor(left / width); lap <= Math.floor((pen + GAP) / width); lap += 1) {
      const origin = lap * width
      const begin = Math.max(left, origin)
      const end = Math.min(pen + GAP, origin + width)
      if (end <= begin) continue
      context.setTransform(ratio, 0, 0, ratio, -origin * ratio, 0)
      context.clearRect(begin, 0, end - begin, height)
      this.trace(begin, Math.min(pen, origin + width), perSample)
    }
    this.dot(pen, perSample)
    context.setTransform(1, 0, 0, 1, 0, 0)
  }

  y(sample) {
    return this.line + ((this.high - sample) / (this.high - this.low)) * (this.height - 2 * this.line)
  }

  trace(begin, end, perSample) {
    const { context, curve } = this
    let [down, gap] = [false, null]
    context.beginPath()
    const last = Math.floor(end / perSample)
    for (let place = Math.max(0, Math.floor(begin / perSample)); place <= last; place += 1) {
      const sample = curve.sample(place)
      const x = place * perSample
      if (Number.isNaN(sample)) {
        gap ??= x
        down = false
        continue
      }
      if (gap !== null) gap = this.hatch(gap, x)
      if (down) context.lineTo(x, this.y(sample))
      else context.moveTo(x, this.y(sample))
      down = true
    }
    const next = curve.sample(last + 1)
    const here = curve.sample(last)
    const rest = end / perSample - last
    if (down && !Number.isNaN(next)) context.lineTo(end, this.y(here + (next - here) * rest))
    Object.assign(context, { strokeStyle: colour(this.kind.colour), lineWidth: this.line, lineJoin: 'round', lineCap: 'round' })
    context.stroke()
    if (gap !== null) this.hatch(gap, end)
  }

  /** Hatches the columns of what did not come. Gives back null: the gap is told. */
  hatch(from, to) {
    const { context, ratio } = this
    const { e } = context.getTransform()
    context.save()
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.fillStyle = hatching(context, ratio)
    const left = Math.floor(from * ratio + e)
    context.fillRect(left, 0, Math.ceil(to * ratio + e) - left, this.canvas.height)
    context.restore()
    return null
  }

  dot(pen, perSample) {
    const { context, curve, width, ratio } = this
    const place = Math.floor(pen / perSample)
    const here = curve.sample(place)
    if (Number.isNaN(here)) return
    const next = curve.sample(place + 1)
    const sample = Number.isNaN(next) ? here : here + (next - here) * (pen / perSample - place)
    const origin = Math.floor(pen / width) * width
    context.setTransform(ratio, 0, 0, ratio, -origin * ratio, 0)
    context.fillStyle = colour(this.kind.colour)
    context.beginPath()
    context.arc(Math.max(pen, origin + DOT), this.y(sample), DOT, 0, 2 * Math.PI)
    context.fill()
  }
}

let looked = 0

function drawAll(ms) {
  const at = clockOf(ms)
  if (ms - looked > 500) {
    looked = ms
    for (const strip of strips) strip.look(at)
  }
  for (const strip of strips) strip.draw(at)
}

/** Shows a curve of a chair in `host`: {remove()}. */
export function addStrip(host, chair, kind) {
  const strip = new Strip(host, chair, kind)
  strips.add(strip)
  looked = 0
  ending ??= eachFrame(drawAll)
  return strip
}
