// The infusion at a chair, as a panel: how long, how much, how fast, and what may be done next. It is a clock, not the pump,
// and says so always. Which step is allowed the server judges.

import { act, press } from './actions.js'
import { openAdmit } from './admit.js'
import { choice, field, openDialog } from './dialogs.js'
import { figure, given, over, parse, rounded } from './dose.js'
import { icon } from './icons.js'
import { makeBar, progress } from './infusion.js'
import { openLimits } from './limits.js'
import { button, make, write } from './make.js'
import { openBaseline, openChart } from './observed.js'
import { now, state, subscribe } from './stream.js'
import { hour, since } from './walltime.js'
import { CLOCK_NOT_PUMP, PHASES, minutes } from './words.js'

const REASONS = [
  ['nausea', 'Nausea'],
  ['blood pressure', 'Blood pressure'],
  ['SpO₂', 'SpO₂'],
  ['dissociation', 'Dissociation'],
  ['line or pump', 'Line or pump'],
]

const chairOf = (id) => state.chairs.get(id)

/** Infusion time so far, µs: it stands while paused and after the end. */
const infusedUs = (session) => progress(session, now()).elapsed

/** mg given so far, as an exact fraction. */
export const doseGiven = (session, at = now()) => given(session.steps, at)

const currentRate = (session) => {
  const last = session.steps.at(-1)
  return session.phase === 'infusing' && last ? parse(last.rate_mg_h) : parse(session.rate_mg_h)
}

function rateWords(session) {
  const rate = currentRate(session)
  const byWeight = over(rate, parse(session.weight_kg))
  const volume = session.concentration_mg_ml ? ` · ${figure(over(rate, parse(session.concentration_mg_ml)), 1)} mL/h` : ''
  return { rate: `${figure(rate, 2)} mg/h`, also: `${rounded(byWeight, 2)} mg/kg/h${volume}` }
}

/** One line for a dialog: whose infusion, so that the wrong chair is noticed. */
const whose = ({ patient, weight_kg }, name) =>
  `${patient.initials}${patient.birth_year ? ` ${patient.birth_year}` : ''} · ${weight_kg} kg · ${name}`

function askStart(chair) {
  const { session, name } = chairOf(chair)
  const words = rateWords(session)
  const body = [
    make('p.whose', {}, whose(session, name)),
    make('p', {}, `${session.order}. ${words.rate}, ${words.also}.`),
    make('p.quiet', {}, 'Start the pump in the same moment. This starts the clock, not the pump.'),
  ]
  return openDialog({ title: 'Start the infusion?', body, submit: () => act(chair, 'start'), submitLabel: 'Start the clock' })
}

function askPause(chair) {
  const { session, name } = chairOf(chair)
  const reason = choice('Why', REASONS)
  const other = field('Or in your words', { maxLength: 200 })
  const submit = () => {
    const why = other.input.value.trim() || reason.chosen()
    return why ? act(chair, 'pause', { reason: why }) : { ok: false, sentence: 'A pause needs a reason.' }
  }
  const body = [
    make('p.whose', {}, whose(session, name)),
    reason.element,
    other.element,
    make('p.quiet', {}, 'Pause the pump too: this is the clock, not the pump.'),
  ]
  return openDialog({ title: 'Pause the infusion', body, submit, submitLabel: 'Pause' })
}

function rateHint(text, session) {
  const rate = parse(text)
  if (!rate) return ''
  const byWeight = over(rate, parse(session.weight_kg))
  const volume = session.concentration_mg_ml ? ` · ${figure(over(rate, parse(session.concentration_mg_ml)), 2)} mL/h` : ''
  const high = byWeight.n > byWeight.d ? ' · above the low-dose range, 1.00 mg/kg/h' : ''
  return `${figure(byWeight, 3)} mg/kg/h${volume}${high}`
}

function askRate(chair) {
  const { session, name } = chairOf(chair)
  const rate = field('New rate', { unit: 'mg/h', inputMode: 'decimal', maxLength: 9 })
  const reason = field('Reason, if there is one to tell', { maxLength: 200 })
  let confirmed = ''
  rate.input.addEventListener('input', () => write(rate.hint, rateHint(rate.input.value, session)))
  const submit = async () => {
    const value = parse(rate.input.value)
    if (!value || value.n === 0n) return { ok: false, sentence: 'A rate is a number above 0. To give nothing, pause or stop.' }
    const byWeight = over(value, parse(session.weight_kg))
    if (byWeight.n > byWeight.d && confirmed !== rate.input.value) {
      confirmed = rate.input.value
      return {
        ok: false,
        sentence: `${figure(byWeight, 2)} mg/kg/h is above the low-dose range, 1.00 mg/kg/h. Press again to continue.`,
      }
    }
    return act(chair, 'change_rate', { rate_mg_h: figure(value, 6), reason: reason.input.value.trim() })
  }
  const body = [
    make('p.whose', {}, whose(session, name)),
    make('p', {}, `Now ${rateWords(session).rate}.`),
    rate.element,
    reason.element,
    make('p.quiet', {}, 'Change the pump too: this is the clock, not the pump.'),
  ]
  return openDialog({ title: 'Change the rate', body, submit, submitLabel: 'Change rate' })
}

function askStop(chair) {
  const { session, name } = chairOf(chair)
  const reason = field('Reason, if it ends early', { maxLength: 200 })
  const body = [
    make('p.whose', {}, whose(session, name)),
    make(
      'p',
      {},
      `${rounded(doseGiven(session), 1)} mg of ${figure(parse(session.total_mg), 1)} mg given in ${minutes(infusedUs(session))}.`,
    ),
    reason.element,
    make('p.quiet', {}, 'Recovery begins, and monitoring goes on. Stop the pump too: this is the clock, not the pump.'),
  ]
  const submit = () => act(chair, 'stop', { reason: reason.input.value.trim() })
  return openDialog({ title: 'End the infusion?', body, submit, submitLabel: 'End the infusion' })
}

function askClose(chair) {
  const { session, name } = chairOf(chair)
  const planned = session.phase === 'planned'
  const body = [
    make('p.whose', {}, whose(session, name)),
    make(
      'p',
      {},
      planned
        ? 'The order is withdrawn and the chair is free.'
        : 'Monitoring of this patient ends and the chair is free. The record stays.',
    ),
  ]
  return openDialog({
    title: planned ? 'Withdraw the order?' : 'Close the session?',
    body,
    submit: () => act(chair, 'close'),
    submitLabel: planned ? 'Withdraw' : 'Close',
  })
}

/** What may be pressed in each phase: [label, kind, icon, what it does]; one light button at most. */
function controls(chair, phase, refusal) {
  const ask = (label, kind, how, mark = null) => button(kind, label, () => how(chair), mark)
  const resume = button('light', 'Resume', () => press(resume, () => act(chair, 'resume'), refusal), 'play')
  const admit = () => openAdmit(chair, chairOf(chair)?.name ?? `chair ${chair}`)
  const limits = ask('Limits…', 'outlined', openLimits, 'pencil')
  const baseline = ask('Baseline…', 'outlined', openBaseline)
  const chart = ask('Chart…', 'outlined', openChart)
  return {
    none: [ask('Admit…', 'light', admit, 'person')],
    planned: [ask('Start…', 'light', askStart, 'play'), ask('Withdraw…', 'outlined', askClose), limits, baseline, chart],
    infusing: [
      ask('Pause…', 'raised', askPause, 'paused'),
      ask('Rate…', 'raised', askRate),
      ask('Stop…', 'raised', askStop),
      limits,
      chart,
    ],
    paused: [resume, ask('Rate…', 'raised', askRate), ask('Stop…', 'raised', askStop), limits, chart],
    recovery: [ask('Close…', 'raised', askClose), limits, chart],
  }[phase]
}

function makePanel() {
  const text = (name) => make(`span.${name}`)
  const parts = Object.fromEntries(
    ['phase', 'elapsed', 'left', 'of', 'end', 'dose', 'doseOf', 'rate', 'rateAlso', 'message'].map((name) => [name, text(name)]),
  )
  parts.bar = makeBar()
  parts.controls = make('div.controls')
  parts.refusal = make('p.refusal', { role: 'alert' })
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
    { 'aria-label': 'Infusion' },
    make('header', {}, icon('infusion'), make('h2', {}, 'Infusion'), parts.phase, make('span.aside', {}, CLOCK_NOT_PUMP)),
    parts.message,
    parts.figures,
    parts.controls,
    parts.refusal,
  )
  return parts
}

function message(session) {
  if (!session || session.phase === 'closed') return 'No patient at this chair.'
  if (session.phase === 'planned') return session.order
  if (session.phase === 'paused') return `Paused ${since(session.paused_at)}, ${session.pause_reason}. Look at the pump.`
  if (session.phase === 'recovery')
    return `Recovery for ${since(session.stopped_at)}. Infusion ended at ${hour(session.stopped_at)}.`
  return ''
}

function showFigures(parts, session) {
  const infused = infusedUs(session)
  const rest = session.duration_s * 1e6 - infused
  const words = rateWords(session)
  const dose = doseGiven(session)
  write(parts.elapsed, minutes(infused))
  write(parts.left, session.phase === 'recovery' ? '' : rest >= 0 ? `−${minutes(rest)}` : `+${minutes(-rest)} past`)
  write(parts.of, `of ${figure(over(parse(String(session.duration_s)), parse('60')), 1)} min`)
  write(parts.end, session.planned_end_at && session.phase === 'infusing' ? `planned end ${hour(session.planned_end_at)}` : '')
  write(parts.dose, `${rounded(dose, 1)} mg`)
  write(parts.doseOf, `of ${rounded(parse(session.total_mg), 1)} mg · ${rounded(over(dose, parse(session.weight_kg)), 2)} mg/kg`)
  write(parts.rate, session.phase === 'paused' ? 'Paused' : session.phase === 'recovery' ? 'Ended' : words.rate)
  write(parts.rateAlso, session.phase === 'recovery' ? '' : session.phase === 'paused' ? `then ${words.rate}` : words.also)
  parts.bar.update(session, now())
}

/** Shows the infusion of the chair in `place` until the function given back is called. */
export function mountSession(place) {
  const { chair } = place.dataset
  const parts = makePanel()
  place.replaceChildren(parts.element)
  const refresh = () => {
    const session = chairOf(chair)?.session ?? null
    const phase = !session || session.phase === 'closed' ? 'none' : session.phase
    if (parts.element.dataset.phase !== phase) {
      parts.element.dataset.phase = phase
      parts.refusal.textContent = ''
      parts.controls.replaceChildren(...controls(chair, phase, parts.refusal))
    }
    write(parts.phase, phase === 'none' ? '' : PHASES[phase])
    write(parts.message, message(session))
    parts.figures.hidden = phase === 'none'
    if (phase !== 'none') showFigures(parts, session)
  }
  refresh()
  const leave = subscribe(refresh)
  const ticking = setInterval(refresh, 500)
  return () => {
    leave()
    clearInterval(ticking)
  }
}
