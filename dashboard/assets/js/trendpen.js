// What draws on the trend's canvas: the house's colours as the theme has them, lines, hatching. Knows no patient.

const NAMED = [
  'ground',
  'tile',
  'raised-2',
  'line',
  'text-1',
  'text-2',
  'text-3',
  'stale',
  'hr',
  'spo2',
  'nibp',
  'rr',
  'infusion',
  'first',
  'first-ink',
]
const BY_PRIORITY = ['fill', 'line', 'text', 'tint']

/** The house's colours as this theme has them. */
export function readColours(element) {
  const style = getComputedStyle(element)
  const of = (name) => style.getPropertyValue(`--${name}`).trim()
  const colours = Object.fromEntries(NAMED.map((name) => [name, of(name)]))
  for (const priority of ['high', 'medium', 'low']) {
    colours[priority] = Object.fromEntries(BY_PRIORITY.map((part) => [part, of(`${priority}-${part}`) || of(`${priority}-line`)]))
  }
  colours.pr = colours.hr
  colours.face = style.getPropertyValue('--face').trim() || 'sans-serif'
  return colours
}

export const font = (colours, size, weight = 600) => `${weight} ${size}px ${colours.face}`

export function line(ctx, colour, width, points, dash = []) {
  ctx.strokeStyle = colour
  ctx.lineWidth = width
  ctx.setLineDash(dash)
  ctx.beginPath()
  points.forEach(([x, y], index) => (index ? ctx.lineTo(x, y) : ctx.moveTo(x, y)))
  ctx.stroke()
  ctx.setLineDash([])
}

/** Slanted strokes over a box, for what is not known or technical. */
export function hatch(ctx, colour, left, top, width, height, pitch = 9) {
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

export function clipped(ctx, { left, right }, lane, paint) {
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, lane.top, right - left, lane.bottom - lane.top)
  ctx.clip()
  paint()
  ctx.restore()
}
