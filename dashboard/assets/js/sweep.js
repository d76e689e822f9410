// One curve swept over its place on a canvas: only the columns that are new are drawn, a gap of 26 px runs ahead of the pen, what did
// not come is hatched. Amplitudes fit the strip; the gain changes only where a sweep begins anew.

const GAP = 26 // px
const TAIL = 6 // px behind the pen that are drawn anew, so that its dot leaves no mark
const DOT = 2.6
const STALE_S = 5
const FIT_S = 5
const SHRINK = 0.7 // the gain changes when the curve fills less than this of its strip

/** The hatching of gaps: slanted bars, on the device's pixels. */
function hatching(context, colour, ratio) {
  const side = Math.round(14 * ratio)
  const tile = new OffscreenCanvas(side, side)
  const pen = tile.getContext('2d')
  Object.assign(pen, { strokeStyle: colour, lineWidth: side / 2.8 })
  for (const at of [-side, 0, side]) {
    pen.moveTo(at - side / 2, side * 1.5)
    pen.lineTo(at + side * 1.5, -side / 2)
  }
  pen.stroke()
  return context.createPattern(tile, 'repeat')
}

export class Sweep {
  /** `kind`: {curves by preference, colour, speed px/s, least range in the curve's unit}. */
  constructor(chair, kind) {
    Object.assign(this, { context: null, chair, kind, curve: null, drawn: null, low: 0, high: 1, fitted: false, lap: null })
    Object.assign(this, { left: 0, top: 0, width: 0, height: 0, ratio: 1, line: 2, ink: '#fff', ground: '#000', pattern: null, told: '' })
  }

  /** Takes its place [left, top, width, height] on a canvas, px, and the screen's pixels per px. It stands on whole pixels. */
  place(context, [left, top, width, height], ratio) {
    const whole = (px) => Math.round(px * ratio) / ratio
    Object.assign(this, { context, left: whole(left), top: whole(top), width: whole(width), height: whole(height), ratio })
    Object.assign(this, { line: Math.min(3, Math.max(1.5, height / 50)), pattern: null })
    this.again()
  }

  paint(colours) {
    Object.assign(this, { ink: colours[this.kind.colour], hatchInk: colours['--hatch'], ground: colours['--tile'], pattern: null })
    this.again()
  }

  /** Everything is to be drawn anew with the next frame. */
  again() {
    this.drawn = null
    if (this.width) this.clearAll()
  }

  /** What is drawn next is counted from `origin` px right of the strip's left end. */
  from(origin) {
    const { context, left, top, ratio } = this
    context.setTransform(ratio, 0, 0, ratio, (left - origin) * ratio, top * ratio)
  }

  clear(left, width) {
    this.context.fillStyle = this.ground
    this.context.fillRect(left, 0, width, this.height)
  }

  clearAll() {
    this.from(0)
    this.clear(0, this.width)
  }

  /** Looks which curve is to be shown: the first by preference, one that is heard before one that is silent. Gives back how it fares. */
  look(curves, at) {
    const rank = ({ waveform, heard }) => this.kind.curves.indexOf(waveform.name) + (at - heard > STALE_S ? 100 : 0)
    const fit = curves.filter(({ waveform }) => this.kind.curves.includes(waveform.name)).sort((a, b) => rank(a) - rank(b))
    const curve = fit[0] ?? null
    if (curve !== this.curve) Object.assign(this, { curve, drawn: null, fitted: false })
    if (curve && (!this.fitted || this.clipped())) this.fit()
    return { name: curve?.waveform.name ?? null, silent: curve ? at - curve.heard > STALE_S : false }
  }

  clipped() {
    const range = this.curve.range(1)
    const spare = (this.high - this.low) * 0.02
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
      if (this.drawn !== 'nothing') this.clearAll()
      this.drawn = 'nothing'
      return
    }
    const perSample = this.kind.speed / curve.rate
    const pen = curve.pen(at) * perSample
    const whole = width - GAP
    let from = typeof this.drawn === 'number' ? this.drawn : -Infinity
    if (pen - from > whole || pen < from - 1) {
      this.clearAll()
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
    context.save()
    this.from(0)
    context.beginPath()
    context.rect(0, 0, width, height)
    context.clip() // what stands beside it on the canvas is not its own
    const left = Math.floor((from - TAIL) * ratio) / ratio
    for (let lap = Math.max(0, Math.floor(left / width)); lap <= Math.floor((pen + GAP) / width); lap += 1) {
      const origin = lap * width
      const begin = Math.max(left, origin)
      const end = Math.min(pen + GAP, origin + width)
      if (end <= begin) continue
      this.from(origin)
      this.clear(begin, end - begin)
      this.trace(begin, Math.min(pen, origin + width), perSample)
    }
    this.dot(pen, perSample)
    context.restore()
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
    Object.assign(context, { strokeStyle: this.ink, lineWidth: this.line, lineJoin: 'round', lineCap: 'round' })
    context.stroke()
    if (gap !== null) this.hatch(gap, end)
  }

  /** Hatches the columns of what did not come. Gives back null: the gap is told. */
  hatch(from, to) {
    const { context, ratio, top, height } = this
    this.pattern ??= hatching(context, this.hatchInk, ratio)
    const { e } = context.getTransform()
    context.save()
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.fillStyle = this.pattern
    const left = Math.floor(from * ratio + e)
    context.fillRect(left, top * ratio, Math.ceil(to * ratio + e) - left, height * ratio)
    context.restore()
    return null
  }

  dot(pen, perSample) {
    const { context, curve, width } = this
    const place = Math.floor(pen / perSample)
    const here = curve.sample(place)
    if (Number.isNaN(here)) return
    const next = curve.sample(place + 1)
    const sample = Number.isNaN(next) ? here : here + (next - here) * (pen / perSample - place)
    const origin = Math.floor(pen / width) * width
    this.from(origin)
    context.fillStyle = this.ink
    context.beginPath()
    context.arc(Math.max(pen, origin + DOT), this.y(sample), DOT, 0, 2 * Math.PI)
    context.fill()
  }
}

