// The infusion at a chair, as a panel: how long, how much, how fast, what is not met yet, what is asked now, and what may be
// done next. It is a clock, not the pump, and says so always. Which step is allowed the server judges.

import { act, press } from './actions.js'
import { openAdmit } from './admit.js'
import { countOf, missingOf, NOT_KNOWN, watchCriteria } from './criteria.js'
import { figure, over, parse, rounded, times, whole } from './dose.js'
import { askStart, openGate } from './gate.js'
import { icon } from './icons.js'
import { makeBar } from './infusion.js'
import { openLimits } from './limits.js'
import { button, make, write } from './make.js'
import { openBaseline } from './observed.js'
import { makePrompts, pumpSaid } from './prompts.js'
import { askClose, openDischarge } from './recovery.js'
import { lastSessionLink } from './sessions.js'
import { askBolus, askPause, askRate, askStop, askWithdraw, chairOf, doseGiven, infusedUs, rateWords } from './steps.js'
import { now, subscribe } from './stream.js'
import { t } from './text.js'
import { hour, since } from './walltime.js'
import { CLOCK_NOT_PUMP, PHASES, minutes } from './words.js'

const CRITERIA_MS = 5000
const ASKED_IN = ['planned', 'recovery']

/** What may be pressed in each phase: [label, kind, icon, what it does]; one light button at most. */
function controls(chair, phase, refusal) {
  const ask = (label, kind, how, mark = null) => button(kind, label, () => how(chair), mark)
  const resume = button('light', t('Resume'), () => press(resume, () => act(chair, 'resume'), refusal), 'play')
  const admit = () => openAdmit(chair, chairOf(chair)?.name ?? t`chair ${chair}`)
  const limits = ask(t('Limits…'), 'outlined', openLimits, 'pencil')
  return {
    none: [ask(t('Admit…'), 'light', admit, 'person'), ...(phase === 'none' ? [lastSessionLink(chair)] : [])],
    planned: [
      ask(t('Checklist…'), 'raised', openGate),
      ask(t('Start…'), 'light', askStart, 'play'),
      ask(t('Baseline…'), 'outlined', openBaseline),
      limits,
      ask(t('Withdraw…'), 'outlined', askWithdraw),
    ],
    infusing: [
      ask(t('Pause…'), 'raised', askPause, 'paused'),
      ask(t('Rate…'), 'raised', askRate),
      ask(t('Bolus…'), 'raised', askBolus),
      ask(t('Stop…'), 'raised', askStop),
      limits,
    ],
    paused: [resume, ask(t('Rate…'), 'raised', askRate), ask(t('Stop…'), 'raised', askStop), limits],
    recovery: [ask(t('Checklist…'), 'light', openDischarge), ask(t('Close…'), 'raised', askClose), limits],
  }[phase]
}

function makePanel(chair) {
  const text = (name) => make(`span.${name}`)
  const parts = Object.fromEntries(
    ['phase', 'elapsed', 'left', 'of', 'end', 'dose', 'doseOf', 'rate', 'rateAlso', 'message'].map((name) => [name, text(name)]),
  )
  parts.bar = makeBar()
  parts.controls = make('div.controls')
  parts.refusal = make('p.refusal', { role: 'alert' })
  parts.count = make('b')
  parts.unmet = make('span')
  parts.asked = make('p.asked-for', { hidden: true, role: 'status' }, parts.count, parts.unmet)
  parts.prompts = makePrompts(chair)
  parts.figures = make(
    'div.figures',
    {},
    make('div.times', {}, parts.elapsed, parts.left),
    parts.bar.element,
    make('div.ends', {}, parts.of, parts.end),
    make('div.doses', {}, make('div', {}, parts.dose, parts.doseOf), make('div', {}, parts.rate, parts.rateAlso)),
  )
  parts.element = make(
    'section.session',
    { 'aria-label': t('Infusion') },
    make('header', {}, icon('infusion'), make('h2', {}, t('Infusion')), parts.phase, make('span.aside', {}, CLOCK_NOT_PUMP)),
    parts.message,
    parts.figures,
    parts.asked,
    parts.prompts.element,
    parts.controls,
    parts.refusal,
  )
  return parts
}

/** The order, and the rate in other units than its own. */
function orderWords(session) {
  const { rate, also } = rateWords(session)
  return `${t(session.order)} · ${[session.order.startsWith(`${rate} `) ? '' : rate, also].filter(Boolean).join(', ')}`
}

function message(session) {
  if (!session || session.phase === 'closed') return t('No patient at this chair.')
  if (session.phase === 'planned') return orderWords(session)
  if (session.phase === 'paused') {
    const pump = pumpSaid(session, session.paused_at)
    return `${t`Paused ${since(session.paused_at)}, ${t(session.pause_reason)}.`} ${pump ? t`Pump: ${t(pump)}` : t('Look at the pump.')}`
  }
  if (session.phase === 'recovery')
    return t`Recovery for ${since(session.stopped_at)}. Infusion ended at ${hour(session.stopped_at)}.`
  return ''
}

function showFigures(parts, session) {
  const infused = infusedUs(session)
  const rest = session.duration_s * 1e6 - infused
  const words = rateWords(session)
  const dose = doseGiven(session)
  write(parts.elapsed, minutes(infused))
  write(parts.left, session.phase === 'recovery' ? '' : rest >= 0 ? `−${minutes(rest)}` : t`+${minutes(-rest)} past`)
  write(parts.of, t`of ${figure(over(parse(String(session.duration_s)), parse('60')), 1)} min`)
  write(parts.end, session.planned_end_at && session.phase === 'infusing' ? t`planned end ${hour(session.planned_end_at)}` : '')
  write(parts.dose, `${rounded(dose, 1)} mg`)
  const total = parse(session.total_mg)
  const share = rounded(times(over(dose, total), whole(100)), 0)
  write(parts.doseOf, t`${share} % of ${rounded(total, 1)} mg · ${rounded(over(dose, parse(session.weight_kg)), 2)} mg/kg`)
  write(parts.rate, session.phase === 'paused' ? t('Paused') : session.phase === 'recovery' ? t('Ended') : words.rate)
  write(parts.rateAlso, session.phase === 'recovery' ? '' : session.phase === 'paused' ? t`then ${words.rate}` : words.also)
  parts.bar.update(session, now())
}

function showAsked(parts, phase, answer) {
  parts.asked.hidden = !ASKED_IN.includes(phase)
  const criteria = answer?.phase === phase ? answer.criteria : null
  const missing = criteria ? missingOf(criteria).map(({ text }) => t(text)) : []
  write(parts.count, criteria ? countOf(criteria) : answer ? '' : NOT_KNOWN)
  if (phase === 'recovery') write(parts.unmet, t('A person decides and signs.'))
  else write(parts.unmet, missing.length ? t`Not yet: ${missing.join(' · ')}` : '')
}

/** Reads the criteria while the phase has some: {follow(phase), again, leave}. */
function followCriteria(chair, take) {
  let watch = null
  const leave = () => {
    watch?.leave()
    watch = null
  }
  const follow = (phase) => {
    leave()
    if (ASKED_IN.includes(phase)) watch = watchCriteria(chair, take, CRITERIA_MS)
  }
  return { follow, leave, again: () => watch?.again() }
}

const touches = (changes) => changes === null || changes.some(({ type }) => type === 'session')

/** Shows the infusion of the chair in `place` until the function given back is called. */
export function mountSession(place) {
  const { chair } = place.dataset
  const parts = makePanel(chair)
  place.replaceChildren(parts.element)
  const asked = followCriteria(chair, (answer) => showAsked(parts, parts.element.dataset.phase, answer))
  const refresh = () => {
    const session = chairOf(chair)?.session ?? null
    const phase = !session || session.phase === 'closed' ? 'none' : session.phase
    if (parts.element.dataset.phase !== phase) {
      parts.element.dataset.phase = phase
      parts.refusal.textContent = ''
      parts.controls.replaceChildren(...controls(chair, phase, parts.refusal))
      showAsked(parts, phase, { phase: '' })
      asked.follow(phase)
    }
    write(parts.phase, phase === 'none' ? '' : PHASES[phase])
    write(parts.message, message(session))
    parts.figures.hidden = phase === 'none' || phase === 'planned'
    if (phase !== 'none') showFigures(parts, session)
    parts.prompts.update(phase === 'none' ? null : session, now())
  }
  refresh()
  const leave = subscribe((event, detail) => {
    refresh()
    if (event === 'chair' && detail.chair.id === chair && touches(detail.changes)) asked.again()
  })
  const ticking = setInterval(refresh, 500)
  return () => {
    leave()
    asked.leave()
    clearInterval(ticking)
  }
}
