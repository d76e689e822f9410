// One chair on the wall: header, rail, waves and numbers, infusion. The same nodes at every size; the style sheet chooses.

import { makeCell, markAlert } from './cells.js'
import { icon, redraw } from './icons.js'
import { makeInfusion } from './infusion.js'
import { make, write } from './make.js'
import { openAlerts } from './model.js'
import { makeRail } from './rail.js'
import { t } from './text.js'
import { makeWatermark } from './watermark.js'
import { addStrip, ECG, PLETH } from './waveforms.js'
import { minutes, PHASES, shortYear } from './words.js'

const KINDS = ['hr', 'spo2', 'nibp', 'rr']

/** The chair's number for its block: what a person says, at most three characters. */
export const blockOf = ({ id, name }) => (name.match(/\d+/)?.[0] ?? id).slice(0, 3)

export const phaseOf = (chair) => chair.session?.phase ?? 'none'

/** Nobody sits here and nothing is measured: an outline is enough. */
export const isEmpty = (chair) =>
  ['none', 'closed'].includes(phaseOf(chair)) && !openAlerts(chair).length && chair.vitals.every(({ value }) => value === null)

/** {element, update(chair, at), take(changes, chair, at), remove()} */
export function makeTile(chair) {
  const head = makeHead(chair)
  const rail = makeRail()
  const cells = KINDS.map((kind) => makeCell(chair.id, kind))
  const infusion = makeInfusion()
  const frame = make('div.frame')
  const waves = make('div.waves', {}, make('div.strip.ecg'), make('div.strip.pleth'))
  const numbers = make('div.numbers', {}, cells.map(({ element }) => element))
  const body = make('div.body', {}, waves, numbers)
  const link = make('a.whole', { href: `/chair/${encodeURIComponent(chair.id)}` })
  const inside = make('div.inside', {}, head.element, rail.element, body, infusion.element, make('p.nobody', {}, t('No patient')))
  const element = make('article.tile', {}, frame, link, inside)
  element.dataset.chair = chair.id
  link.setAttribute('aria-label', chair.name)
  const strips = [
    addStrip(waves.firstChild, chair.id, ECG),
    addStrip(waves.lastChild, chair.id, PLETH),
  ]
  const watermark = makeWatermark(numbers)

  function update(now_, at) {
    const [first] = openAlerts(now_)
    element.dataset.phase = phaseOf(now_)
    element.classList.toggle('empty', isEmpty(now_))
    markAlert(element, first)
    element.removeAttribute('data-flash')
    markAlert(frame, first)
    head.update(now_, first, at)
    rail.update(now_, at)
    for (const cell of cells) cell.update(now_, at)
    infusion.update(now_, at)
    watermark.update(now_.demo)
  }

  /** Takes changes at once; readings touch their numbers alone. */
  function take(changes, now_, at) {
    if (!changes || changes.some(({ type }) => type !== 'reading')) return update(now_, at)
    const told = new Set(changes.flatMap(({ vitals }) => vitals.map(({ parameter }) => parameter)))
    for (const cell of cells) if ([...told].some(cell.concerns)) cell.update(now_, at)
  }

  const remove = () => strips.forEach((strip) => strip.remove())
  return { element, update, take, remove }
}

/** The header block: number, who, phase; at the right what is special. */
export function makeHead(chair) {
  const block = make('b.block', {}, blockOf(chair))
  const [who, born, phase, aside] = ['b.who', 'span.born', 'span', 'span.aside'].map((what) => make(what))
  const sign = icon('none')
  const bell = icon('audioPaused')
  const countdown = make('span')
  const paused = make('span.chip.paused', { hidden: true }, bell, make('span.word', {}, t('Audio paused')), countdown)
  const demo = make('span.chip.demo', { hidden: true }, t('DEMO'))
  const element = make('header.head', {}, block, who, born, make('span.phase', {}, sign, phase), make('span.gap'), aside, paused, demo)

  function update(now_, first, at) {
    const { session } = now_
    const patient = session && session.phase !== 'closed' ? session.patient : null
    markAlert(block, first?.state === 'active' && first.priority !== 'low' ? first : null)
    write(who, patient?.initials ?? '')
    write(born, patient?.birth_year ? String(patient.birth_year) : '')
    born.dataset.short = patient?.birth_year ? shortYear(patient.birth_year) : ''
    write(phase, PHASES[phaseOf(now_)])
    redraw(sign, phaseOf(now_))
    const quiet = now_.audio_paused_until !== null && now_.audio_paused_until > at
    paused.hidden = !quiet
    if (quiet) write(countdown, minutes(now_.audio_paused_until - at))
    demo.hidden = !now_.demo
    write(aside, quiet || !session ? '' : t(session.order))
  }
  return { element, update }
}

