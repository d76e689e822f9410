// The lane of what people charted: a small table on the axis, one row a scale, the figure at its minute. What is due is a dashed
// ring, what is late a ring with its word; drugs and side effects are a dot and a name. An emergency goes through all lanes.

import { ASKED, capital, duesOf, lastOf, wordsOf } from './charted.js'
import { t } from './text.js'
import { CHART_ROW, xOf } from './trendlayout.js'
import { font, line } from './trendpen.js'

const FRESH = 5 * 60e6 // so long a figure stands in a box
const APART = 17 // figures nearer to one another: the older is a dot
const middle = (lane, index) => lane.top + 4 + (index + 0.5) * CHART_ROW

/** Names of the rows, left of the axis. On a phone they are short. */
export function drawRowNames(ctx, { colours, size }, lane) {
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  ctx.font = font(colours, size.narrow ? 11 : 13, 500)
  ctx.fillStyle = colours['text-2']
  const room = size.left - (size.narrow ? 4 : 20)
  lane.rows.forEach(({ name }, index) => ctx.fillText(name, size.narrow ? 2 : 16, middle(lane, index), room))
}

/** What stands in the rows. */
export function drawCharted(ctx, scene, lane) {
  const { history, now, size, view } = scene
  const { session } = history
  const x = (at) => xOf(view, size, at)
  lane.rows.forEach((row, index) => {
    const y = middle(lane, index)
    const entries = session.charted.filter(({ kind }) => row.kinds.includes(kind))
    if (row.isScale) drawFigures(ctx, scene, entries, x, y)
    else drawNamed(ctx, scene, row, entries, x, y)
    if (ASKED.includes(row.id)) for (const due of duesOf(session)) drawDue(ctx, scene, x(due), y, due <= now)
  })
}

/** A figure of the axis' very begin is not cut in half. */
const insideLeft = (x, { left }) => (x >= left && x < left + 9 ? left + 9 : x)

/** Figures from the newest back; one that would touch a newer one is a dot, for a closer look. */
function drawFigures(ctx, { colours, now, size }, entries, x, y) {
  ctx.textAlign = 'center'
  ctx.textBaseline = 'middle'
  ctx.font = font(colours, size.narrow ? 12 : 14, 600)
  let taken = Infinity
  for (const { at, level } of [...entries].reverse()) {
    const place = insideLeft(x(at), size)
    const isShown = taken - place >= APART
    if (isShown && now - at < FRESH) box(ctx, colours['raised-2'], place, y)
    ctx.fillStyle = colours['text-1']
    if (isShown) ctx.fillText(String(level), place, y + 0.5)
    else if (taken - place > 4) ctx.fillRect(place - 1, y - 1, 2, 2)
    if (isShown) taken = place
  }
}

function box(ctx, colour, x, y) {
  ctx.fillStyle = colour
  ctx.beginPath()
  ctx.roundRect(x - 9, y - 8, 18, 16, 4)
  ctx.fill()
}

/** Due: a dashed ring. Late: a whole ring and the word. */
function drawDue(ctx, { colours }, x, y, isLate) {
  ctx.strokeStyle = colours['text-3']
  ctx.lineWidth = 1.25
  ctx.setLineDash(isLate ? [] : [2.2, 2.2])
  ctx.beginPath()
  ctx.arc(x, y, 4.5, 0, 2 * Math.PI)
  ctx.stroke()
  ctx.setLineDash([])
  if (!isLate) return
  ctx.font = font(colours, 12, 500)
  ctx.textAlign = 'right'
  ctx.textBaseline = 'middle'
  ctx.fillStyle = colours['text-2']
  ctx.fillText(t('due'), x - 8, y + 0.5)
}

/** A dot and its words, where they have room before the next dot. */
function drawNamed(ctx, { colours, hour, size }, row, entries, x, y) {
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  ctx.font = font(colours, size.narrow ? 11 : 13, 500)
  entries.forEach((one, index) => {
    const place = x(one.at)
    if (place < size.left) return
    const next = entries[index + 1] ? x(entries[index + 1].at) - 10 : size.right
    const words = row.id === 'mark' ? t`Emergency ${hour(one.at)}` : capital(wordsOf(one))
    ctx.fillStyle = colours['text-1']
    ctx.beginPath()
    ctx.arc(place, y, 3, 0, 2 * Math.PI)
    if (one.severity !== 'none') ctx.fill()
    else ring(ctx, colours)
    const text = fitting(ctx, words, next - place - 8)
    if (text) ctx.fillText(text, place + 8, y + 0.5)
  })
}

function ring(ctx, colours) {
  ctx.strokeStyle = colours['text-2']
  ctx.lineWidth = 1.25
  ctx.stroke()
}

/** As much of the words as has room, at least four letters of them; else nothing. */
function fitting(ctx, words, room) {
  if (ctx.measureText(words).width <= room) return words
  for (let length = Math.min(words.length - 1, Math.floor(room / 5)); length >= 4; length -= 1) {
    const text = `${words.slice(0, length).trimEnd()}…`
    if (ctx.measureText(text).width <= room) return text
  }
  return ''
}

/** An emergency's mark: a line through all lanes. */
export function drawEmergencies(ctx, { colours, history: { session }, lanes, size, view }) {
  for (const { at } of (session?.charted ?? []).filter(({ kind }) => kind === 'emergency')) {
    const x = xOf(view, size, at)
    if (x < size.left || x > size.right) continue
    line(ctx, colours['text-1'], 2.5, [
      [x, lanes[0].top],
      [x, lanes.at(-1).bottom],
    ])
  }
}

/** The level of each row at a moment, in the margin beside it, with its age. */
export function drawLevels(ctx, { colours, history: { session }, size }, lane, at) {
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  ctx.font = font(colours, size.narrow ? 11 : 13, 500)
  ctx.fillStyle = colours['text-2']
  lane.rows.forEach(({ id, isScale }, index) => {
    const last = isScale && lastOf(session, id, null, at)
    if (last) ctx.fillText(`${last.level} · ${Math.floor((at - last.at) / 60e6)} min`, size.right + 10, middle(lane, index) + 0.5)
  })
}
