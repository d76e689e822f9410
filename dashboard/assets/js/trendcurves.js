// The curves of the trend: values without bridging a gap, the limits they passed, and the readings of the cuff.

import { GAP, indexAt, limitsOf } from './trenddata.js'
import { xOf, yOf } from './trendlayout.js'
import { font, hatch, line } from './trendpen.js'

const DENSE = 400 // points of a piece

/** Points of a curve in view, at most four a pixel column (first, lowest, highest, last), in pieces without gaps. */
export function pieces({ at, value, gap = GAP }, view, size, lane) {
  const perUs = (size.right - size.left) / (view.until - view.from)
  const [y0, perUnit] = [yOf(lane, 0), yOf(lane, 1) - yOf(lane, 0)]
  const [found, gaps] = [[], []]
  let [piece, before, told] = [null, null, false] // `told`: since the point before, a null told of a gap
  const column = { x: 0, first: 0, low: 0, high: 0, last: 0 }
  for (let index = Math.max(0, indexAt({ at }, view.from)); index < at.length && at[index] <= view.until; index += 1) {
    const isGap = before !== null && at[index] - before > (told ? GAP : gap)
    if (piece && (isGap || value[index] === null)) {
      pour(column, piece)
      piece = null
    }
    if (value[index] === null) {
      told = true
      continue
    }
    if (isGap) gaps.push([before, at[index]])
    told = false
    const x = Math.round(size.left + perUs * (at[index] - view.from))
    const y = y0 + perUnit * value[index]
    if (piece && column.x === x) widen(column, y)
    else {
      if (piece) pour(column, piece)
      else found.push((piece = []))
      Object.assign(column, { x, first: y, low: y, high: y, last: y })
    }
    before = at[index]
  }
  if (piece) pour(column, piece)
  return { found, gaps, last: before }
}

function widen(column, y) {
  if (y > column.low) column.low = y
  if (y < column.high) column.high = y
  column.last = y
}

/** Adds a column's points to its piece, none of them twice. */
function pour({ x, first, low, high, last }, piece) {
  piece.push([x, first])
  if (low !== first) piece.push([x, low])
  if (high !== first) piece.push([x, high])
  if (last !== piece.at(-1)[1]) piece.push([x, last])
}

export function drawCurve(ctx, { colours, history, now, size, view }, lane) {
  const { found, gaps, last } = pieces(history.series[lane.curve], view, size, lane)
  const open = last !== null && now - last > GAP ? [[last, Math.min(now, view.until)]] : []
  for (const [from, until] of [...gaps, ...open]) {
    const [x, end] = [xOf(view, size, from), xOf(view, size, until)]
    hatch(ctx, colours['raised-2'], x, lane.top + 1, Math.max(2, end - x), lane.bottom - lane.top - 2)
  }
  for (const steps of limitsOf(history, lane.curve)) drawLimit(ctx, { colours, now, size, view }, lane, steps, found)
  for (const piece of found) {
    ctx.lineJoin = piece.length > DENSE ? 'bevel' : 'round' // where every column has its points, no join is seen, and round ones cost most
    line(ctx, colours[lane.curve], 2, piece.length > 1 ? piece : [piece[0], [piece[0][0] + 1.5, piece[0][1]]])
  }
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
    for (const piece of found) if (passes(piece, y, below)) fillTo(ctx, piece, y)
    ctx.restore()
    if (limit.priority === 'medium') drawLimitLine(ctx, colours, lane, from, until, y, limit)
  }
}

const passes = (piece, y, below) => piece.some(([, at]) => (below ? at > y : at < y))

function fillTo(ctx, piece, y) {
  ctx.beginPath()
  ctx.moveTo(piece[0][0], y)
  for (const [x, at] of piece) ctx.lineTo(x, at)
  ctx.lineTo(piece.at(-1)[0], y)
  ctx.fill()
}

function drawLimitLine(ctx, colours, lane, from, until, y, limit) {
  ctx.globalAlpha = 0.6
  line(
    ctx,
    colours[lane.cuff && limit.parameter.startsWith('nibp') ? 'nibp' : lane.curve],
    1.25,
    [
      [from, y],
      [until, y],
    ],
    [7, 5],
  )
  ctx.globalAlpha = 1
  if (!limit.changed_by) return
  ctx.font = font(colours, 12, 500)
  ctx.fillStyle = colours['text-2']
  ctx.textAlign = 'left'
  ctx.textBaseline = 'bottom'
  ctx.fillText(`${limit.value}, ${limit.changed_by}`, from + 6, y - 3)
}

/** The baseline's pressures: short bars at minute 0, or where it was locked while nothing runs yet. */
function drawBaseline(ctx, { colours, history: { session }, size, view }, lane) {
  const { baseline } = session ?? {}
  if (!baseline) return
  const x = xOf(view, size, session.began_at ?? baseline.at)
  for (const value of [baseline.systolic, baseline.diastolic]) {
    const y = yOf(lane, value)
    line(ctx, colours.nibp, 3.5, [
      [x - 9, y],
      [x + 9, y],
    ])
  }
}

/** ▼ systolic, ● mean, ▲ diastolic, joined by a hairline; faint lines lead from one reading to the next. */
export function drawCuff(ctx, scene, lane) {
  const { colours, history, size, view } = scene
  for (const parameter of ['nibp_sys', 'nibp_dia']) {
    for (const limits of limitsOf(history, parameter)) drawLimit(ctx, scene, lane, limits, [])
  }
  drawBaseline(ctx, scene, lane)
  const seen = history.nibp.filter(({ at }) => at >= view.from - 36e8 && at <= view.until)
  ctx.globalAlpha = 0.35
  for (const part of ['systolic', 'diastolic'])
    line(
      ctx,
      colours.nibp,
      1.25,
      seen.map((point) => [xOf(view, size, point.at), yOf(lane, point[part])]),
    )
  ctx.globalAlpha = 1
  const big = size.narrow ? 4.5 : 6
  for (const { at, systolic, diastolic, mean } of seen) {
    const [x, top, bottom] = [xOf(view, size, at), yOf(lane, systolic), yOf(lane, diastolic)]
    ctx.globalAlpha = 0.65
    line(ctx, colours.nibp, 1.5, [
      [x, top],
      [x, bottom],
    ])
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
