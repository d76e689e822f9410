// Where things stand on the trend: lanes from top to bottom, the time axis, the ranges of values. Pure geometry, CSS pixels.

import { rowsOf } from './charted.js'
import { t } from './text.js'
import { heart, indexAt, limitsOf } from './trenddata.js'

const MINUTE = 60e6
const STEPS_MIN = [0.5, 1, 2, 5, 10, 15, 30, 60, 120]
const AXIS = 36
const ROW = 22
/** Height of a row of charting. */
export const CHART_ROW = 17
const TALL = 360 // curves and rate with less height than this: HR and NIBP share a lane

/** `narrow` is a phone: short gutters, no names of lanes, HR and NIBP in one lane. */
export function sizes(width, height) {
  const narrow = width < 560
  return { width, height, narrow, left: narrow ? 40 : 118, right: width - (narrow ? 70 : 112) }
}

/** From when to when: all of the session, or the last half hour where there is none. */
export function wholeView(session, now, narrow) {
  const began = session && session.phase !== 'closed' ? session.began_at : null
  if (!began) return { from: now - 30 * MINUTE, until: now + (narrow ? 2 : 3) * MINUTE }
  const lead = narrow ? 5 * MINUTE : 10 * MINUTE
  const from = began - Math.min(lead, Math.max(began - session.admitted_at, 3 * MINUTE)) - 1.5 * MINUTE
  const planned = session.planned_end_at ?? began + session.duration_s * 1e6
  const ahead = session.phase === 'recovery' ? now + 8 * MINUTE : Math.max(planned + 0.1 * (planned - began), now + 5 * MINUTE)
  return { from, until: narrow ? Math.min(ahead, Math.max(now + 6 * MINUTE, began + 20 * MINUTE)) : ahead }
}

export const xOf = (view, { left, right }, at) => left + ((at - view.from) / (view.until - view.from)) * (right - left)
export const atOf = (view, { left, right }, x) => view.from + ((x - left) / (right - left)) * (view.until - view.from)

/** Times of the axis' labels: whole infusion minutes, or whole minutes of the clock. */
export function ticks(view, size, zero, offset) {
  const perPixel = (view.until - view.from) / (size.right - size.left)
  const room = size.narrow ? 46 : 72
  const step = (STEPS_MIN.find((minutes) => (minutes * MINUTE) / perPixel >= room) ?? 240) * MINUTE
  const origin = zero ?? -offset
  const first = Math.ceil((view.from - origin) / step)
  const last = Math.floor((view.until - origin) / step)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => origin + (first + index) * step)
}

function extent(history, names, view, [low, high], step) {
  const set = names.flatMap((name) => limitsSet(history, name))
  let [min, max] = [Math.min(low, ...set), Math.max(high, ...set)]
  for (const name of names) {
    const { at, value } = history.series[name]
    for (
      let index = Math.max(0, indexAt(history.series[name], view.from));
      index < at.length && at[index] <= view.until;
      index += 1
    ) {
      if (value[index] === null) continue
      if (value[index] < min) min = value[index]
      if (value[index] > max) max = value[index]
    }
  }
  return [Math.floor(min / step) * step, Math.ceil(max / step) * step]
}

/** The limits that a person set: they must be seen, wherever they lie. */
const limitsSet = (history, parameter) =>
  limitsOf(history, parameter).flatMap((steps) => steps.filter(({ limit }) => limit.changed_by).map(({ limit }) => Number(limit.value)))

function cuffExtent(history, view, [low, high]) {
  const seen = history.nibp.filter(({ at }) => at >= view.from && at <= view.until)
  const set = ['nibp_sys', 'nibp_dia'].flatMap((parameter) => limitsSet(history, parameter))
  const min = Math.min(low, ...[...seen.map(({ diastolic }) => diastolic), ...set].map((value) => Math.floor(value / 20) * 20))
  const max = Math.max(high, ...[...seen.map(({ systolic }) => systolic), ...set].map((value) => Math.ceil(value / 20) * 20))
  return [min, max]
}

function curves(history, view, size, free) {
  const beats = heart(history)
  const spo2 = {
    id: 'spo2',
    names: [['spo2', 'SpO₂', '%']],
    curve: 'spo2',
    range: extent(history, ['spo2'], view, [80, 100], 10),
    tick: 10,
    weight: 1.15,
  }
  const rr = {
    id: 'rr',
    names: [['rr', 'RR', '/min']],
    curve: 'rr',
    range: extent(history, ['rr'], view, [4, 24], 4),
    tick: 10,
    weight: 0.6,
  }
  const hrName = ['hr', beats === 'hr' ? 'HR' : 'PR', 'bpm']
  const cuffName = ['nibp', 'NIBP', 'mmHg']
  const hr = {
    id: 'hr',
    names: [hrName],
    curve: beats,
    range: extent(history, [beats], view, [40, 130], 10),
    tick: 40,
    weight: 0.95,
  }
  const nibp = { id: 'nibp', names: [cuffName], cuff: true, range: cuffExtent(history, view, [60, 170]), tick: 40, weight: 1.35 }
  if (free >= TALL && !size.narrow) return [spo2, hr, nibp, rr]
  const [low, high] = cuffExtent(history, view, hr.range)
  return [spo2, { ...hr, names: [hrName, cuffName], cuff: true, range: [low, high], weight: 2 }, rr]
}

function chartedLanes({ session }, size) {
  const rows = rowsOf(session, size.narrow)
  return rows.length ? [{ id: 'charted', names: [], weight: 0, height: rows.length * CHART_ROW + 8, rows }] : []
}

/** The lanes with their top and bottom: alerts (by rows), charting, the curves, rate and dose. */
export function lanes(history, view, size, alertRows) {
  const alerts = { id: 'alerts', names: [['alerts', t('Alerts'), '']], weight: 0, height: Math.max(1, alertRows) * ROW + 10, row: ROW }
  const hasRate = Boolean(history.session?.began_at)
  const rate = {
    id: 'rate',
    names: [
      ['rate', t('Rate'), 'mg/h'],
      ['dose', t('Dose'), 'mg'],
    ],
    weight: 0.85,
  }
  const charted = chartedLanes(history, size)
  const free = size.height - AXIS - alerts.height - (charted[0]?.height ?? 0) - 6
  const all = [alerts, ...charted, ...curves(history, view, size, free), ...(hasRate ? [rate] : [])]
  const weights = all.reduce((sum, { weight }) => sum + weight, 0)
  let top = AXIS
  for (const lane of all) {
    lane.top = top
    lane.bottom = top + (lane.height ?? (free * lane.weight) / weights)
    top = lane.bottom
  }
  return all
}

/** Height of a value in its lane; a little air above and below. */
export function yOf(lane, value) {
  const [low, high] = lane.range
  const pad = 7
  return lane.bottom - pad - ((value - low) / (high - low)) * (lane.bottom - lane.top - 2 * pad)
}

/** Pushes {y, height} apart, in order of y, inside [top, bottom]; gives them back moved. */
export function pushedApart(labels, top, bottom) {
  const placed = [...labels].sort((a, b) => a.y - b.y)
  let floor = top
  for (const label of placed) {
    label.y = Math.max(label.y, floor + label.height / 2)
    floor = label.y + label.height / 2
  }
  let ceiling = bottom
  for (const label of placed.reverse()) {
    label.y = Math.min(label.y, ceiling - label.height / 2)
    ceiling = label.y - label.height / 2
  }
  return placed
}

const RANK = { high: 3, medium: 2, low: 1 }

/**
 * Gives each alert a row, so that neither bars nor words overlap; `place(alert)` tells {x, end, from, until, label}: the bar, and
 * the bar with its words. Where rows run out, words give way: those of the lower priority, then the older ones.
 */
export function inRows(alerts, place, most) {
  const rows = []
  return alerts.map((alert) => {
    const spot = { alert, ...place(alert) }
    let row = rows.findIndex((last) => last.until + 8 <= spot.from)
    if (row < 0 && rows.length < most) row = rows.length
    if (row < 0) row = makeRoom(rows, spot)
    rows[row] = spot
    return Object.assign(spot, { row })
  })
}

/** The row whose bar ends first; of the two that now meet, one loses its words. */
function makeRoom(rows, spot) {
  const row = rows.reduce((best, { end }, index) => (end < rows[best].end ? index : best), 0)
  const last = rows[row]
  const isLesser = RANK[spot.alert.priority] < RANK[last.alert.priority]
  if (isLesser || (spot.label === 'left' && spot.from < last.end))
    Object.assign(spot, { label: null, from: spot.x, until: spot.end })
  if (isLesser) spot.until = Math.max(spot.until, last.until)
  else if (last.until > spot.from) last.label = null
  return row
}
