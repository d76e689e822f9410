// The lane of the alerts: a bar each, from begin to end, with the tick of its acknowledgement and its words beside it.

import { font, hatch, line } from './trendpen.js'
import { MARKS, pastText } from './words.js'

/** Bars from begin to end: solid until acknowledged, a tick there, then tint; technical hatched, low outlined only. */
export function drawAlerts(ctx, { colours, lanes: [lane], rows, size }) {
  ctx.save()
  ctx.beginPath()
  ctx.rect(size.left, lane.top, size.width - size.left, lane.bottom - lane.top)
  ctx.clip()
  const topOf = (row) => lane.top + 7 + row * lane.row
  const height = lane.row - 8
  for (const { alert, row, x, end, tick } of rows) drawBar(ctx, colours, alert, { x, end, tick, top: topOf(row), height })
  ctx.font = font(colours, 14, 600)
  ctx.textBaseline = 'middle'
  for (const { alert, row, x, end, text, label } of rows) {
    if (!label) continue
    ctx.fillStyle = colours[alert.priority].text
    ctx.textAlign = label === 'right' ? 'left' : 'right'
    ctx.fillText(text, label === 'right' ? end + 7 : x - 7, topOf(row) + height / 2 + 0.5)
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
  if (tick !== null && tick !== undefined)
    line(ctx, of.line, 2.5, [
      [tick, top - 2],
      [tick, top + height + 2],
    ])
}

/** An alert in the words of the trend: its mark, and the text it bore. */
export const alertLabel = (alert) => `${MARKS[alert.priority]} ${pastText(alert)}`
