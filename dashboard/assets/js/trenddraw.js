// Draws all of the trend that holds still for a second: phases, axis, lanes and what stands in them. Asks nobody and keeps
// nothing; everything it needs is handed in: {history, view, size, lanes, rows, colours, now, offset, hour}.

import { t } from './text.js'
import { drawAlerts } from './trendbars.js'
import { drawCharted, drawEmergencies, drawRowNames } from './trendcharted.js'
import { drawCuff, drawCurve } from './trendcurves.js'
import { ticks, xOf, yOf } from './trendlayout.js'
import { clipped, font, line } from './trendpen.js'
import { drawRate } from './trendrate.js'

const PILL = 26 // half of the pill that bears the present minute
const LABEL = 14 // numbers of a scale stand at least so far apart
const SCALE = 36 // so far left of a lane the numbers of its scale begin

/** Everything but the cursor and the values. */
export function drawStill(ctx, scene) {
  const { size, lanes } = scene
  ctx.clearRect(0, 0, size.width, size.height)
  drawPhases(ctx, scene)
  drawGrid(ctx, scene)
  for (const lane of lanes) {
    drawNames(ctx, scene, lane)
    if (lane.rows) drawRowNames(ctx, scene, lane)
    if (lane.range) drawScale(ctx, scene, lane)
    clipped(ctx, size, lane, () => drawLane(ctx, scene, lane))
  }
  drawEmergencies(ctx, scene)
  drawAlerts(ctx, scene)
}

function drawLane(ctx, scene, lane) {
  if (lane.curve) drawCurve(ctx, scene, lane)
  if (lane.cuff) drawCuff(ctx, scene, lane)
  if (lane.rows) drawCharted(ctx, scene, lane)
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
    if (x > size.left && x < size.right)
      line(
        ctx,
        colours['text-3'],
        1.25,
        [
          [x, top],
          [x, bottom],
        ],
        dash,
      )
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
  const taken = [[present - PILL, present + PILL]]
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'center'
  for (const { at, text, weight } of named) {
    ctx.font = font(colours, size.narrow ? 12 : 14, weight)
    const half = ctx.measureText(text).width / 2 + 8
    const x = besidePill(Math.min(size.right - half, Math.max(size.left + half, xOf(view, size, at))), half, present, at > now)
    if (taken.slice(1).some(([from, until]) => x + half > from && x - half < until)) continue
    taken.push([x - half, x + half])
    ctx.fillStyle = colours['text-1']
    ctx.fillText(text, x, 18)
  }
  for (const at of ticks(view, size, zero, offset)) {
    const x = xOf(view, size, at)
    line(ctx, colours.line, 1, [
      [x, lanes[0].top],
      [x, lanes.at(-1).bottom],
    ])
    const text = zero === null ? hour(at) : String(Math.round((at - zero) / 6e6) / 10).replace('-', '−')
    ctx.font = font(colours, size.narrow ? 12 : 14, 500)
    if (taken.some(([from, until]) => x + 14 > from && x - 14 < until) || x < size.left + 8 || x > size.right - 8) continue
    ctx.fillStyle = at > now ? colours['text-3'] : colours['text-2']
    ctx.fillText(text, x, 18)
  }
}

/** Where a word may stand so that the pill of now does not hide it. */
function besidePill(x, half, pill, isAhead) {
  if (Math.abs(x - pill) >= half + PILL) return x
  return isAhead ? pill + PILL + half : pill - PILL - half
}

function namedTimes(session, hour, narrow) {
  if (!session?.began_at) return []
  const start = { at: session.began_at, text: narrow ? t('Start') : t`Start ${hour(session.began_at)}`, weight: 600 }
  const stopped = session.stopped_at && {
    at: session.stopped_at,
    text: narrow ? t('End') : t`Ended ${hour(session.stopped_at)}`,
    weight: 600,
  }
  const planned = session.planned_end_at && { at: session.planned_end_at, text: narrow ? t('plan') : t('planned end'), weight: 500 }
  return [start, stopped, planned].filter(Boolean)
}

function drawNames(ctx, { colours, size }, lane) {
  line(ctx, colours.line, 1, [
    [size.narrow ? 0 : 16, lane.top],
    [size.right, lane.top],
  ])
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
    const fits = 16 + inline + ctx.measureText(unit).width < size.left - SCALE || !lane.range
    if (!inline || fits) ctx.fillText(unit, 16 + inline, y + (inline ? 2 : 19))
  })
}

function drawScale(ctx, { colours, size }, lane) {
  const [low, high] = lane.range
  ctx.font = font(colours, size.narrow ? 11 : 13, 500)
  ctx.textAlign = 'right'
  ctx.textBaseline = 'middle'
  let written = Infinity
  for (let value = Math.ceil(low / lane.tick) * lane.tick; value <= high; value += lane.tick) {
    const y = yOf(lane, value)
    line(ctx, colours.line, 1, [
      [size.left, y],
      [size.right, y],
    ])
    ctx.fillStyle = colours['text-3']
    if (y - lane.top <= 5 || written - y < LABEL) continue
    ctx.fillText(String(value), size.left - 8, y)
    written = y
  }
}
