// The lane of the infusion: the rate in slate steps, a pause as a hole, the future dashed, and the dose given as a line
// with a step at each bolus. For the eye: the doses that are written are exact and come from dose.js.

import { t } from './text.js'
import { rateAt } from './trenddata.js'
import { xOf } from './trendlayout.js'
import { font, line } from './trendpen.js'

/** Rate as slate steps, a pause as a hole, the future dashed; the dose given as a line in the same lane. */
export function drawRate(ctx, { colours, history: { session }, now, size, view }, lane) {
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
    line(
      ctx,
      colours['text-3'],
      1.25,
      [
        [from, y(current)],
        [end, y(current)],
        [end, lane.bottom],
      ],
      [4, 4],
    )
  }
  drawDose(ctx, { colours, session, size, until, view }, lane)
  drawBoluses(ctx, { colours, session, size, view }, lane)
}

function drawRateStep(ctx, colours, x, end, top, lane, rate) {
  ctx.globalAlpha = 0.3
  ctx.fillStyle = colours.infusion
  ctx.fillRect(x, top, end - x, lane.bottom - top)
  ctx.globalAlpha = 1
  line(ctx, colours.infusion, 1.75, [
    [x, lane.bottom],
    [x, top],
    [end, top],
    [end, lane.bottom],
  ])
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
  ctx.fillText(t('paused'), x + 3, lane.top + 18) // below what was given at once
}

/** The dose over time as [at, mg]: it rises with the rate, and at a bolus by a step. */
export function dosePoints({ boluses, steps }, until) {
  const turns = [...steps.map(({ at }) => ({ at, mg: 0 })), ...boluses.map(({ at, mg }) => ({ at, mg: Number(mg) })), { at: until, mg: 0 }]
  const points = []
  let [before, dose] = [null, 0]
  for (const { at, mg } of turns.filter((turn) => turn.at <= until).sort((a, b) => a.at - b.at)) {
    if (before !== null) dose += ((rateAt({ steps }, before) ?? 0) * (at - before)) / 3.6e9
    points.push([at, dose])
    if (mg) points.push([at, (dose += mg)])
    before = at
  }
  return points
}

/** How much was given at once, above its step. */
function drawBoluses(ctx, { colours, session, size, view }, lane) {
  ctx.font = font(colours, 12, 600)
  ctx.textAlign = 'left'
  ctx.textBaseline = 'top'
  ctx.fillStyle = colours['text-1']
  for (const { at, mg } of session.boluses) ctx.fillText(`+${Number(mg)} mg`, xOf(view, size, at) + 4, lane.top + 3)
}

function drawDose(ctx, { colours, session, size, until, view }, lane) {
  const points = dosePoints(session, until)
  const dose = points.at(-1)[1]
  const whole = Math.max(Number(session.total_mg), dose, 0.001)
  const y = (value) => lane.bottom - 3 - (value / whole) * (lane.bottom - lane.top - 12)
  if (session.stopped_at) points.push([view.until, dose])
  line(
    ctx,
    colours['text-1'],
    1.75,
    points.map(([at, value]) => [xOf(view, size, at), y(value)]),
  )
}
