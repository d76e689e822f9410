// Draws the lanes of the trend on a canvas: first all that holds still for a second, then what follows a finger. Asks nobody
// and keeps nothing; everything it needs is handed in: {history, view, size, lanes, rows, colours, now, hour}.

import { GAP, indexAt, limitsOf, rateAt } from './trenddata.js'
import { ticks, xOf, yOf } from './trendlayout.js'
import { MARKS } from './words.js'

const NAMED = ['ground', 'tile', 'raised', 'raised-2', 'line', 'text-1', 'text-2', 'text-3', 'stale', 'hatch', 'hr', 'spo2', 'nibp', 'rr', 'infusion', 'first', 'first-ink']
const BY_PRIORITY = ['fill', 'line', 'text', 'tint']
const PR_COLOUR = 'hr'

/** The house's colours as this theme has them. */
export function readColours(element) {
  const style = getComputedStyle(element)
  const of = (name) => style.getPropertyValue(`--${name}`).trim()
  const colours = Object.fromEntries(NAMED.map((name) => [name, of(name)]))
  for (const priority of ['high', 'medium', 'low']) {
    colours[priority] = Object.fromEntries(BY_PRIORITY.map((part) => [part, of(`${priority}-${part}`) || of(`${priority}-line`)]))
  }
  colours.pr = colours[PR_COLOUR]
  colours.face = style.getPropertyValue('--face').trim() || 'sans-serif'
  return colours
}

export const font = (colours, size, weight = 600) => `${weight} ${size}px ${colours.face}`

function line(ctx, colour, width, points, dash = []) {
  ctx.strokeStyle = colour
  ctx.lineWidth = width
  ctx.setLineDash(dash)
  ctx.beginPath()
  points.forEach(([x, y], index) => (index ? ctx.lineTo(x, y) : ctx.moveTo(x, y)))
  ctx.stroke()
  ctx.setLineDash([])
}

/** Slanted strokes over a box, for what is not known or technical. */
function hatch(ctx, colour, left, top, width, height, pitch = 9) {
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, top, width, height)
  ctx.clip()
  ctx.strokeStyle = colour
  ctx.lineWidth = pitch / 2.2
  ctx.beginPath()
  for (let x = left - height; x < left + width + pitch; x += pitch) {
    ctx.moveTo(x, top + height)
    ctx.lineTo(x + height, top)
  }
  ctx.stroke()
  ctx.restore()
}

function clipped(ctx, { left, right }, lane, paint) {
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, lane.top, right - left, lane.bottom - lane.top)
  ctx.clip()
  paint()
  ctx.restore()
}

/** Everything but the cursor and the values. */
export function drawStill(ctx, scene) {
  const { size, lanes } = scene
  ctx.clearRect(0, 0, size.width, size.height)
  drawPhases(ctx, scene)
  drawGrid(ctx, scene)
  for (const lane of lanes) {
    drawNames(ctx, scene, lane)
    if (lane.range) drawScale(ctx, scene, lane)
    clipped(ctx, size, lane, () => drawLane(ctx, scene, lane))
  }
  drawAlerts(ctx, scene)
}

function drawLane(ctx, scene, lane) {
  if (lane.curve) drawCurve(ctx, scene, lane)
  if (lane.cuff) drawCuff(ctx, scene, lane)
  if (lane.id === 'rate') drawRate(ctx, scene, lane)
}

/** Before the start and after the end are shaded; the planned end is dashed. */
function drawPhases(ctx, { colours, history: { session }, lanes, size, view }) {
  if (!session?.began_at) return
  const [top, bottom] = [lanes[0].top, lanes.at(-1).bottom]
  const within = (at) => Math.min(size.right, Math.max(size.left, xOf(view, size, at)))
  const shade = (from, until) => {
    ctx.fillStyle = colours.ground
    ctx.globalAlpha = 0.5
    ctx.fillRect(from, top, until - from, bottom - top)
    ctx.globalAlpha = 1
  }
  const start = within(session.began_at)
  shade(size.left, start)
  if (session.stopped_at) shade(within(session.stopped_at), size.right)
  const upright = (at, dash) => {
    const x = within(at)
    if (x > size.left && x < size.right) line(ctx, colours['text-3'], 1.25, [[x, top], [x, bottom]], dash)
  }
  upright(session.began_at, [])
  if (session.stopped_at) upright(session.stopped_at, [])
  if (session.planned_end_at) upright(session.planned_end_at, [4, 4])
}

/** Labels of the axis; words (start, planned end) win over minutes that they would touch. */
function drawGrid(ctx, { colours, hour, history: { session }, lanes, now, offset, size, view }) {
  const zero = session?.began_at ?? null
  const named = namedTimes(session, hour, size.narrow).filter(({ at }) => at >= view.from && at <= view.until)
  const present = xOf(view, size, now)
  const taken = [[present - 26, present + 26]]
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'center'
  for (const { at, text, weight } of named) {
    ctx.font = font(colours, size.narrow ? 12 : 14, weight)
    const half = ctx.measureText(text).width / 2 + 8
    const x = Math.min(size.right - half, Math.max(size.left + half, xOf(view, size, at)))
    if (taken.slice(1).some(([from, until]) => x + half > from && x - half < until)) continue
    taken.push([x - half, x + half])
    ctx.fillStyle = colours['text-1']
    ctx.fillText(text, x, 18)
  }
  for (const at of ticks(view, size, zero, offset)) {
    const x = xOf(view, size, at)
    line(ctx, colours.line, 1, [[x, lanes[0].top], [x, lanes.at(-1).bottom]])
    const text = zero === null ? hour(at) : String(Math.round((at - zero) / 6e6) / 10).replace('-', '−')
    ctx.font = font(colours, size.narrow ? 12 : 14, 500)
    if (taken.some(([from, until]) => x + 14 > from && x - 14 < until) || x < size.left + 8 || x > size.right - 8) continue
    ctx.fillStyle = at > now ? colours['text-3'] : colours['text-2']
    ctx.fillText(text, x, 18)
  }
}

function namedTimes(session, hour, narrow) {
  if (!session?.began_at) return []
  const start = { at: session.began_at, text: narrow ? 'Start' : `Start ${hour(session.began_at)}`, weight: 600 }
  const stopped = session.stopped_at && { at: session.stopped_at, text: narrow ? 'End' : `Ended ${hour(session.stopped_at)}`, weight: 600 }
  const planned = session.planned_end_at && { at: session.planned_end_at, text: narrow ? 'plan' : 'planned end', weight: 500 }
  return [start, stopped, planned].filter(Boolean)
}

function drawNames(ctx, { colours, size }, lane) {
  line(ctx, colours.line, 1, [[size.narrow ? 0 : 16, lane.top], [size.right, lane.top]])
  if (size.narrow) return
  ctx.textAlign = 'left'
  ctx.textBaseline = 'top'
  lane.names.forEach(([id, name, unit], index) => {
    const room = (lane.bottom - lane.top) / lane.names.length
    const y = lane.top + 8 + index * Math.min(46, room)
    ctx.font = font(colours, 15, 600)
    ctx.fillStyle = colours[id] ?? colours['text-2']
    ctx.fillText(name, 16, y)
    const inline = room < 42 ? ctx.measureText(name).width + 5 : 0
    ctx.font = font(colours, 13, 500)
    ctx.fillStyle = colours['text-3']
    if (!inline || name.length < 5) ctx.fillText(unit, 16 + inline, y + (inline ? 2 : 19))
  })
}

function drawScale(ctx, { colours, size }, lane) {
  const [low, high] = lane.range
  ctx.font = font(colours, size.narrow ? 11 : 13, 500)
  ctx.textAlign = 'right'
  ctx.textBaseline = 'middle'
  for (let value = Math.ceil(low / lane.tick) * lane.tick; value <= high; value += lane.tick) {
    const y = yOf(lane, value)
    line(ctx, colours.line, 1, [[size.left, y], [size.right, y]])
    ctx.fillStyle = colours['text-3']
    if (y - lane.top > 5) ctx.fillText(String(value), size.left - 8, y)
  }
}

/** Points of a curve in view, at most four a pixel column (first, lowest, highest, last), in pieces without gaps. */
export function pieces(series, view, size, lane) {
  const found = []
  const gaps = []
  let piece = null
  let column = null
  let before = null
  const close = () => {
    if (column) piece.push(...column.points())
    column = null
    piece = null
  }
  for (let index = Math.max(0, indexAt(series, view.from)); index < series.at.length && series.at[index] <= view.until; index += 1) {
    const [at, value] = [series.at[index], series.value[index]]
    if (value === null || (before !== null && at - before > GAP)) close()
    if (value === null) continue
    if (before !== null && at - before > GAP) gaps.push([before, at])
    if (!piece) found.push((piece = []))
    const x = Math.round(xOf(view, size, at))
    if (column && column.x !== x) {
      piece.push(...column.points())
      column = null
    }
    column = (column ?? newColumn(x)).add(yOf(lane, value))
    before = at
  }
  close()
  return { found, gaps, last: before }
}

function newColumn(x) {
  const column = { x, first: null, low: -Infinity, high: Infinity, last: null }
  column.add = (y) => {
    column.first ??= y
    column.low = Math.max(column.low, y)
    column.high = Math.min(column.high, y)
    column.last = y
    return column
  }
  column.points = () => [...new Set([column.first, column.low, column.high, column.last])].map((y) => [x, y])
  return column
}

function drawCurve(ctx, { colours, history, now, size, view }, lane) {
  const { found, gaps, last } = pieces(history.series[lane.curve], view, size, lane)
  const open = last !== null && now - last > GAP ? [[last, Math.min(now, view.until)]] : []
  for (const [from, until] of [...gaps, ...open]) {
    const [x, end] = [xOf(view, size, from), xOf(view, size, until)]
    hatch(ctx, colours['raised-2'], x, lane.top + 1, Math.max(2, end - x), lane.bottom - lane.top - 2)
  }
  for (const steps of limitsOf(history, lane.curve)) drawLimit(ctx, { colours, now, size, view }, lane, steps, found)
  ctx.lineJoin = 'round'
  for (const piece of found) line(ctx, colours[lane.curve], 2, piece.length > 1 ? piece : [piece[0], [piece[0][0] + 1.5, piece[0][1]]])
}

/** A limit's steps as [x from, x until, y]. */
function steps(limits, view, size, lane) {
  return limits.map(({ at, limit }, index) => [
    Math.max(size.left, xOf(view, size, at)),
    Math.min(size.right, limits[index + 1] ? xOf(view, size, limits[index + 1].at) : size.right),
    Math.round(yOf(lane, Number(limit.value))),
    limit,
  ])
}

/** Dashed in the parameter's colour, stepping where it changed; what lies beyond it is filled faintly in the priority's colour. */
function drawLimit(ctx, { colours, size, view }, lane, limits, found) {
  for (const [from, until, y, limit] of steps(limits, view, size, lane)) {
    if (until <= from || y < lane.top || y > lane.bottom) continue
    const below = limit.comparison.startsWith('<')
    ctx.save()
    ctx.beginPath()
    ctx.rect(from, below ? y : lane.top, until - from, below ? lane.bottom - y : y - lane.top)
    ctx.clip()
    ctx.fillStyle = colours[limit.priority].fill
    ctx.globalAlpha = limit.priority === 'high' ? 0.5 : 0.25
    for (const piece of found) fillTo(ctx, piece, y)
    ctx.restore()
    if (limit.priority === 'medium') drawLimitLine(ctx, colours, lane, from, until, y, limit)
  }
}

function fillTo(ctx, piece, y) {
  ctx.beginPath()
  ctx.moveTo(piece[0][0], y)
  for (const [x, at] of piece) ctx.lineTo(x, at)
  ctx.lineTo(piece.at(-1)[0], y)
  ctx.fill()
}

function drawLimitLine(ctx, colours, lane, from, until, y, limit) {
  ctx.globalAlpha = 0.6
  line(ctx, colours[lane.cuff && limit.parameter.startsWith('nibp') ? 'nibp' : lane.curve], 1.25, [[from, y], [until, y]], [7, 5])
  ctx.globalAlpha = 1
  if (!limit.changed_by) return
  ctx.font = font(colours, 12, 500)
  ctx.fillStyle = colours['text-2']
  ctx.textAlign = 'left'
  ctx.textBaseline = 'bottom'
  ctx.fillText(`${limit.value}, ${limit.changed_by}`, from + 6, y - 3)
}

/** ▼ systolic, ● mean, ▲ diastolic, joined by a hairline; faint lines lead from one reading to the next. */
function drawCuff(ctx, scene, lane) {
  const { colours, history, size, view } = scene
  for (const parameter of ['nibp_sys', 'nibp_dia']) {
    for (const limits of limitsOf(history, parameter)) drawLimit(ctx, scene, lane, limits, [])
  }
  const seen = history.nibp.filter(({ at }) => at >= view.from - 36e8 && at <= view.until)
  ctx.globalAlpha = 0.35
  for (const part of ['systolic', 'diastolic']) line(ctx, colours.nibp, 1.25, seen.map((point) => [xOf(view, size, point.at), yOf(lane, point[part])]))
  ctx.globalAlpha = 1
  const big = size.narrow ? 4.5 : 6
  for (const { at, systolic, diastolic, mean } of seen) {
    const [x, top, bottom] = [xOf(view, size, at), yOf(lane, systolic), yOf(lane, diastolic)]
    ctx.globalAlpha = 0.65
    line(ctx, colours.nibp, 1.5, [[x, top], [x, bottom]])
    ctx.globalAlpha = 1
    ctx.fillStyle = colours.nibp
    triangle(ctx, x, top, big)
    triangle(ctx, x, bottom, -big)
    if (mean !== null) dot(ctx, x, yOf(lane, mean), big / 2)
  }
}

function triangle(ctx, x, y, size) {
  ctx.beginPath()
  ctx.moveTo(x - Math.abs(size), y - size * 0.55)
  ctx.lineTo(x + Math.abs(size), y - size * 0.55)
  ctx.lineTo(x, y + size)
  ctx.fill()
}

function dot(ctx, x, y, radius) {
  ctx.beginPath()
  ctx.arc(x, y, radius, 0, 2 * Math.PI)
  ctx.fill()
}

/** Rate as slate steps, a pause as a hole, the future dashed; the dose given as a line in the same lane. */
function drawRate(ctx, { colours, history: { session }, now, size, view }, lane) {
  const until = session.stopped_at ?? now
  const rates = session.steps.map(({ rate_mg_h }) => Number(rate_mg_h))
  const height = lane.bottom - lane.top - 26
  const y = (rate) => lane.bottom - 2 - (rate / Math.max(1, ...rates)) * height
  session.steps.forEach((step, index) => {
    const [x, end] = [xOf(view, size, step.at), xOf(view, size, Math.min(until, session.steps[index + 1]?.at ?? until))]
    if (rates[index] > 0) drawRateStep(ctx, colours, x, end, y(rates[index]), lane, step.rate_mg_h)
    else if (step.at < until) drawPause(ctx, colours, x, lane)
  })
  const current = rateAt(session, now)
  if (session.planned_end_at > now && current > 0) {
    const [from, end] = [xOf(view, size, now), xOf(view, size, session.planned_end_at)]
    line(ctx, colours['text-3'], 1.25, [[from, y(current)], [end, y(current)], [end, lane.bottom]], [4, 4])
  }
  drawDose(ctx, { colours, session, size, until, view }, lane)
}

function drawRateStep(ctx, colours, x, end, top, lane, rate) {
  ctx.globalAlpha = 0.3
  ctx.fillStyle = colours.infusion
  ctx.fillRect(x, top, end - x, lane.bottom - top)
  ctx.globalAlpha = 1
  line(ctx, colours.infusion, 1.75, [[x, lane.bottom], [x, top], [end, top], [end, lane.bottom]])
  ctx.font = font(colours, 13, 600)
  ctx.textAlign = 'left'
  ctx.textBaseline = 'top'
  ctx.fillStyle = colours['text-1']
  if (end - x > 20) ctx.fillText(String(Number(rate)), x + 6, top + 5)
}

function drawPause(ctx, colours, x, lane) {
  ctx.font = font(colours, 12, 500)
  ctx.textAlign = 'left'
  ctx.textBaseline = 'top'
  ctx.fillStyle = colours['text-2']
  ctx.fillText('paused', x + 3, lane.top + 4)
}

function drawDose(ctx, { colours, session, size, until, view }, lane) {
  const times = [...session.steps.map(({ at }) => at).filter((at) => at < until), until]
  const points = []
  let dose = 0
  times.forEach((at, index) => {
    if (index) dose += (rateAt(session, times[index - 1]) * (at - times[index - 1])) / 3.6e9
    points.push([at, dose])
  })
  const whole = Math.max(Number(session.total_mg), dose, 0.001)
  const y = (value) => lane.bottom - 3 - (value / whole) * (lane.bottom - lane.top - 12)
  if (session.stopped_at) points.push([view.until, dose])
  line(ctx, colours['text-1'], 1.75, points.map(([at, value]) => [xOf(view, size, at), y(value)]))
}

/** Bars from begin to end: solid until acknowledged, a tick there, then tint; technical hatched, low outlined only. */
function drawAlerts(ctx, { colours, lanes: [lane], rows, size }) {
  ctx.save()
  ctx.beginPath()
  ctx.rect(size.left, lane.top, size.width - size.left, lane.bottom - lane.top)
  ctx.clip()
  for (const { alert, row, crowded, x, end, tick, text, label } of rows) {
    const top = lane.top + 7 + row * lane.row
    drawBar(ctx, colours, alert, { x, end, tick, top, height: lane.row - 8 })
    if (!label || crowded) continue
    ctx.font = font(colours, 14, 600)
    ctx.fillStyle = colours[alert.priority].text
    ctx.textBaseline = 'middle'
    ctx.textAlign = label === 'right' ? 'left' : 'right'
    ctx.fillText(text, label === 'right' ? end + 7 : x - 7, top + (lane.row - 8) / 2 + 0.5)
  }
  ctx.restore()
}

function drawBar(ctx, colours, { kind, priority }, { x, end, tick, top, height }) {
  const of = colours[priority]
  const width = Math.max(end - x, 4)
  ctx.beginPath()
  ctx.roundRect(x, top, width, height, 3)
  ctx.fillStyle = of.tint
  ctx.fill()
  if (priority !== 'low') {
    const solid = Math.max(4, (tick ?? end) - x)
    ctx.save()
    ctx.clip()
    ctx.fillStyle = of.fill
    if (kind === 'technical') hatch(ctx, of.fill, x, top, solid, height, 7)
    else ctx.fillRect(x, top, solid, height)
    ctx.restore()
  }
  ctx.beginPath()
  ctx.roundRect(x + 0.75, top + 0.75, width - 1.5, height - 1.5, 3)
  ctx.strokeStyle = of.line
  ctx.lineWidth = 1.5
  ctx.stroke()
  if (tick !== null && tick !== undefined) line(ctx, of.line, 2.5, [[tick, top - 2], [tick, top + height + 2]])
}

/** An alert in the words of the trend: its mark, and the text it bore. */
export const alertLabel = ({ priority, text }) => `${MARKS[priority]} ${text}`
