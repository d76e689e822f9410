// The infusion, counted in the browser from what the server said last: time elapsed and left, dose given, and the bar.
// A clock, not a pump: it tells what was ordered and entered, never what flows.

import { make, write } from './make.js'
import { shown, state } from './stream.js'
import { t } from './text.js'
import { CLOCK_NOT_PUMP, hourMinute, mg, minutes, perKg, rate } from './words.js'

const HOUR_US = 3.6e9
const MINUTE_US = 6e7

/** Where an infusion stands at `at`: infusion time elapsed and left (µs), dose in mg and mg/kg, part done 0…1 and beyond. */
export function progress(session, at) {
  const running = session.phase === 'infusing' ? Math.max(0, at - session.as_of) : 0
  const elapsed = session.infused_us + running
  const dose = Number(session.dose_mg) + (Number(session.rate_mg_h) * running) / HOUR_US
  const planned = session.duration_s * 1e6
  return { elapsed, left: planned - elapsed, planned, dose, dosePerKg: dose / Number(session.weight_kg), part: elapsed / planned }
}

/** Infusion times (µs) at which the rate changed while running; pauses are no changes. */
export function rateChanges({ steps }) {
  const found = []
  let elapsed = 0
  let running = null
  steps.forEach(({ at, rate_mg_h }, index) => {
    const value = Number(rate_mg_h)
    if (value > 0 && running !== null && running !== value) found.push(elapsed)
    if (value > 0) running = value
    if (value > 0 && steps[index + 1]) elapsed += steps[index + 1].at - at
  })
  return found
}

/** The strip of a tile: {element, update(chair, at)}. */
export function makeInfusion() {
  const slots = Object.fromEntries(
    ['elapsed', 'elapsedWord', 'dose', 'of', 'leftWord', 'left', 'rate', 'end', 'tiny'].map((name) => [name, make(`span.${name}`)]),
  )
  const bar = makeBar()
  const element = make(
    'footer.infusion',
    {},
    make('div.figures', {}, make('span.from', {}, slots.elapsed, slots.elapsedWord), make('span.middle', {}, slots.dose, slots.of, slots.tiny), make('span.to', {}, slots.leftWord, slots.left)),
    bar.element,
    make('div.small', {}, slots.rate, slots.end),
  )
  function update(chair, at) {
    const words = wordsOf(chair.session, at)
    for (const [name, slot] of Object.entries(slots)) write(slot, words[name] ?? '')
    slots.left.dataset.sign = words.leftWord === t('left') ? '−' : ''
    slots.leftWord.classList.toggle('stays', words.leftWord === t('stopped'))
    bar.update(chair.session, at)
  }
  return { element, update }
}

/** The bar alone: done, notches where the rate changed, hatched while paused, another shade past the planned end. */
export function makeBar() {
  const done = make('div.done')
  const notches = make('div.notches')
  const element = make('div.bar', {}, done, notches)
  let drawn = ''
  function update(session, at) {
    element.dataset.phase = session?.phase ?? 'none'
    if (!session) return
    const { part } = progress(session, at)
    element.classList.toggle('over', part > 1 && session.phase === 'infusing')
    const width = `${(Math.min(1, part) * 100).toFixed(2)}%`
    if (done.style.width !== width) done.style.width = width
    const places = rateChanges(session).map((us) => ((us / (session.duration_s * 1e6)) * 100).toFixed(2))
    if (drawn === places.join()) return
    drawn = places.join()
    notches.replaceChildren(...places.map((place) => make('i', { style: `left: ${place}%` })))
  }
  return { element, update }
}

const at = (instant) => hourMinute(shown(instant), state.zone)

/** What each slot of the strip says. */
export function wordsOf(session, when) {
  if (!session) return {}
  const p = progress(session, when)
  const given = `${mg(p.dose)} mg`
  const share = `${given} · ${Math.round(p.part * 100)} %`
  const rates = `${rate(session.rate_mg_h)} mg/h · ${perKg(session.rate_mg_kg_h)} mg/kg/h`
  const running = {
    elapsed: minutes(p.elapsed), elapsedWord: t('elapsed'), dose: given, tiny: share,
    of: t`of ${mg(session.total_mg)} · ${perKg(p.dosePerKg)} mg/kg`, rate: rates + sinceLast(session),
  }
  switch (session.phase) {
    case 'planned':
      return {
        elapsed: t('Not started'), dose: `${mg(session.total_mg)} mg`, of: `${perKg(session.total_mg_kg)} mg/kg`, leftWord: t('planned'),
        left: minutes(p.planned), tiny: `${mg(session.total_mg)} mg`, rate: rates, end: CLOCK_NOT_PUMP,
      }
    case 'infusing':
      return { ...running, ...leftOf(p), end: t`planned end ${at(session.planned_end_at ?? when + p.left)} · ${CLOCK_NOT_PUMP}` }
    case 'paused':
      return { ...running, ...leftOf(p), end: t`paused since ${at(session.paused_at ?? when)} · ${CLOCK_NOT_PUMP}` }
    default:
      return afterwards(session, p, when, given)
  }
}

const leftOf = ({ left }) =>
  left >= 0 ? { leftWord: t('left'), left: minutes(left) } : { leftWord: t('past planned end'), left: `+${minutes(-left)}` }

function afterwards(session, p, when, given) {
  const stopped = session.stopped_at ?? when
  const closed = session.phase === 'closed'
  return {
    elapsed: minutes((session.closed_at ?? when) - stopped), elapsedWord: closed ? t('recovered') : t('in recovery'),
    dose: given, of: t`given · ${perKg(p.dosePerKg)} mg/kg`, tiny: t`${given} given`, leftWord: t('stopped'), left: at(stopped),
    rate: t`${mg(session.total_mg)} mg ordered`, end: closed ? t('closed') : t('a person decides and signs'),
  }
}

function sinceLast(session) {
  const changes = rateChanges(session)
  return changes.length ? ` · ${t`since ${Math.floor(changes.at(-1) / MINUTE_US)} min`}` : ''
}
