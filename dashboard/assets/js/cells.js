// One number on a tile or a chair page: its value, age, limits and the alert it stands in.
// A value is shown as long as it is fresh, grey from 5 s on, dashes from 30 s on or when the device has none. A spot check stands
// grey and small with its age in minutes, without the limits that nobody watches on it. Where a cuff on the
// probe's arm takes its pulse, "cuff" stands in the number's place, with for how long already.

import { make, write } from './make.js'
import { isSpotCheck, openAlerts, vitalOf } from './model.js'
import { ago, CUFF, DASHES, inMinutes, NAMES, NOT_MONITORED, NOT_YET, number, SPOT, UNITS } from './words.js'

const STALE_US = 5e6
const GONE_US = 30e6
const WIDE = 7 // characters of a blood pressure that need the smaller size

const KINDS = {
  hr: ['hr', 'pr'],
  spo2: ['spo2'],
  nibp: ['nibp_sys', 'nibp_dia', 'nibp_mean'],
  rr: ['rr'],
  pr: ['pr'],
  pi: ['pi'],
  etco2: ['etco2'],
}

/** How old a value is: 'live', 'stale', 'gone' (none that may be shown), 'none' (nothing measures it) or 'spot': a spot check. */
export function ageOf(vital, at, interval_s) {
  if (!vital) return 'none'
  if (vital.value === null) return 'gone'
  if (isSpotCheck(vital)) return 'spot'
  const age = at - vital.at
  if (vital.spot) return interval_s && age > interval_s * 1e6 ? 'stale' : 'live'
  return age > GONE_US ? 'gone' : age > STALE_US ? 'stale' : 'live'
}

/** Whether a cuff on the probe's arm hides `parameter` from the rules now: then its number is none. */
export function isMasked({ nibp: { masks_from: from, masks_until: until } }, parameter, at) {
  return Boolean(from) && (parameter === 'spo2' || parameter === 'pr') && at >= from && at < until
}

/** The limits to show beside a value: those of the alert shown while it lasts, else the medium ones, else what there is. */
export function limitsOf(chair, parameter, alert) {
  const shown = { upper: null, lower: null }
  for (const priority of ['low', 'high', 'medium']) {
    for (const limit of chair.limits) {
      if (limit.parameter !== parameter || limit.priority !== priority || limit.basis !== 'absolute') continue
      shown[limit.comparison[0] === '>' ? 'upper' : 'lower'] = number(parameter, limit.value)
    }
  }
  if (alert?.parameter === parameter && alert.limit !== null && alert.state !== 'latched') {
    const rule = chair.limits.find(({ code, priority }) => code === alert.code && priority === alert.priority)
    const upper = rule ? rule.comparison[0] === '>' : alert.code.endsWith('high')
    shown[upper ? 'upper' : 'lower'] = number(parameter, alert.limit)
  }
  return shown
}

/** The alert that a number of `kind` stands in, if any. Technical ones show in its place (dashes), not around it. */
export const alertOf = (chair, kind) =>
  openAlerts(chair).find(({ kind: family, parameter }) => family !== 'technical' && KINDS[kind].includes(parameter)) ?? null

const put = (element, name, value) => {
  if (value === null || value === undefined) element.removeAttribute(name)
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value)
}

/** Marks `element` with an alert's priority and state; `data-flash` where it is to flash. */
export function markAlert(element, alert) {
  put(element, 'data-priority', alert?.priority)
  put(element, 'data-state', alert?.state)
  put(element, 'data-flash', alert?.state === 'active' && alert.priority !== 'low' ? alert.priority : null)
}

/** A number of `kind` ('hr', 'spo2', 'nibp', 'rr', …) at a chair: {element, update(chair, at), concerns(parameter)}. */
export function makeCell(chairId, kind) {
  const name = make('b.name')
  const unit = make('span.unit')
  const range = make('span.range')
  const age = make('span.age')
  const figure = make('div.figure')
  const limits = make('div.limits', {}, make('span.upper'), make('span.lower'))
  const element = make('div.cell', {}, make('div.label', {}, name, unit, range, age), figure, limits)
  element.dataset.kind = kind
  element.dataset.chair = chairId
  const values = kind === 'nibp' ? pressures(chairId, figure) : single(element, figure)

  function update(chair, at) {
    const parameter = kind === 'hr' && !vitalOf(chair, 'hr') && vitalOf(chair, 'pr') ? 'pr' : kind
    const vital = vitalOf(chair, kind === 'nibp' ? 'nibp_sys' : parameter)
    const masked = vital !== null && isMasked(chair, parameter, at)
    const state = masked ? 'masked' : isOff(chair, vital) ? 'none' : ageOf(vital, at, chair.nibp.interval_s)
    const alert = alertOf(chair, kind)
    values(chair, parameter, state)
    write(name, NAMES[parameter])
    write(unit, UNITS[parameter])
    put(element, 'data-parameter', parameter)
    put(element, 'data-age', state)
    put(element, 'data-why', state === 'none' ? whyNone(chair, kind) : null)
    put(element, 'data-at', vital?.at)
    put(element, 'data-quality', vital?.quality.length ? vital.quality.join(' ') : null)
    markAlert(element, alert)
    write(age, masked ? ago(at - chair.nibp.masks_from) : ageText(vital, state, at))
    showLimits(limitsOf(chair, kind === 'nibp' ? 'nibp_sys' : parameter, alert))
  }

  function showLimits({ upper, lower }) {
    write(limits.firstChild, upper ?? '')
    write(limits.lastChild, lower ?? '')
    write(range, lower && upper ? `${lower}–${upper}` : (lower ?? upper ?? ''))
  }

  return { element, update, concerns: (parameter) => KINDS[kind].includes(parameter) }
}

/** Whether a person said that a value that is missing is not monitored. */
export const isOff = ({ session }, vital) =>
  Boolean(vital) && vital.value === null && (session?.not_monitored ?? []).some(({ parameter, at }) => parameter === vital.parameter && (vital.last_at ?? 0) <= at)

/** Why there is no number at all: nothing here measures it, or not yet. */
const whyNone = (chair, kind) => (kind === 'nibp' && chair.devices.some(({ can }) => can.includes('nibp_start')) ? NOT_YET : NOT_MONITORED)

function ageText(vital, state, at) {
  if (!vital || state === 'gone') return ''
  if (state === 'spot') return `${SPOT} ${inMinutes(at - vital.at)}`
  if (vital.spot) return inMinutes(at - vital.at)
  return state === 'stale' ? ago(at - vital.at) : ''
}

const written = (state, text) => (state === 'masked' ? CUFF : state === 'gone' || text === null ? DASHES : text)

function single(element, figure) {
  const value = figure.appendChild(make('span.value'))
  const text = value.appendChild(document.createTextNode(''))
  return (chair, parameter, state) => {
    const next = state === 'none' ? '' : written(state, number(parameter, vitalOf(chair, parameter)?.value))
    if (text.data !== next) text.data = next
  }
}

function pressures(chairId, figure) {
  const parts = ['nibp_sys', 'nibp_dia'].map((parameter) => {
    const value = make('span.value')
    const part = make('span.pressure', {}, value)
    Object.assign(part.dataset, { chair: chairId, parameter })
    return { parameter, part, value }
  })
  figure.append(parts[0].part, make('span.slash', {}, '/'), parts[1].part)
  return (chair, _, state) => {
    for (const { parameter, part, value } of parts) {
      const vital = vitalOf(chair, parameter)
      put(part, 'data-at', vital?.at)
      write(value, state === 'none' ? '' : written(state === 'gone' ? 'gone' : 'live', number(parameter, vital?.value)))
    }
    figure.classList.toggle('wide', figure.textContent.length >= WIDE)
  }
}
