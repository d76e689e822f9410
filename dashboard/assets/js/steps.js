// The steps of a running infusion, each asked in a dialog: pause, rate, bolus, stop. Which is allowed the server judges.
// Every one says that this is the clock: the pump is a person's.

import { act } from './actions.js'
import { choice, field, openDialog } from './dialogs.js'
import { above, exact, figure, given, isZero, over, parse, plus, rounded } from './dose.js'
import { progress } from './infusion.js'
import { make, write } from './make.js'
import { openAlerts, presentOf } from './model.js'
import { now, state, subscribe } from './stream.js'
import { t } from './text.js'
import { withWords } from './vocabulary.js'
import { alertText, MARKS, minutes } from './words.js'

const REASONS = [
  ['nausea', t('nausea')],
  ['blood pressure', t('blood pressure')],
  ['SpO₂', 'SpO₂'],
  ['dissociation', t('dissociation')],
  ['line or pump', t('line or pump')],
]

export const chairOf = (id) => state.chairs.get(id)

/** Infusion time so far, µs: it stands while paused and after the end. */
export const infusedUs = (session) => progress(session, now()).elapsed

/** mg given so far, boluses among it, as an exact fraction. */
export function doseGiven(session, at = now()) {
  const until = Math.min(at, session.stopped_at ?? at)
  return session.boluses.reduce((sum, { at: when, mg }) => (when <= at ? plus(sum, parse(mg)) : sum), given(session.steps, until))
}

const currentRate = (session) => {
  const last = session.steps.at(-1)
  return session.phase === 'infusing' && last ? parse(last.rate_mg_h) : parse(session.rate_mg_h)
}

export function rateWords(session) {
  const rate = currentRate(session)
  const byWeight = over(rate, parse(session.weight_kg))
  const volume = session.concentration_mg_ml ? ` · ${figure(over(rate, parse(session.concentration_mg_ml)), 1)} mL/h` : ''
  return { rate: `${figure(rate, 2)} mg/h`, also: `${rounded(byWeight, 2)} mg/kg/h${volume}` }
}

/**
 * The head of a dialog: whose infusion, so that the wrong chair is noticed, and the chair's first alert for as long as the dialog
 * stands, because on a phone it hides the rail.
 */
export function whose(chair) {
  const { session, name } = chairOf(chair)
  const { patient, weight_kg } = session
  const who = make('p.whose', {}, `${patient.initials}${patient.birth_year ? ` ${patient.birth_year}` : ''} · ${weight_kg} kg · ${name}`)
  const line = make('p.alert-line', { role: 'status' })
  const element = make('div.head-of', {}, who, line)
  const show = () => {
    const [first] = openAlerts(chairOf(chair))
    line.hidden = !first
    line.dataset.priority = first?.priority ?? ''
    write(line, first ? `${MARKS[first.priority]} ${alertText(first, presentOf(chairOf(chair), first.parameter))}` : '')
  }
  show()
  const leave = subscribe((event) => {
    if (event === 'alerts' && element.isConnected) show()
    else if (event === 'beat' && !element.isConnected) leave()
  })
  return element
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1)

/** What the pump may say, to be chosen: [word, label]. */
export const pumpStates = ({ pump }) => pump.map((word) => [word, capital(t(word))])

/** Pauses with a reason; what the pump says is charted in the same breath where it is told. */
export const askPause = (chair) =>
  withWords(t('Pause the infusion'), (words) => {
    const reason = choice(t('Why'), REASONS.map(([reason, said]) => [reason, capital(said)]))
    const other = field(t('Or in your words'), { maxLength: 200 })
    const pump = choice(t('What the pump says now'), pumpStates(words))
    const submit = async () => {
      const why = other.input.value.trim() || reason.chosen()
      if (!why) return { ok: false, sentence: t('A pause needs a reason.') }
      const outcome = await act(chair, 'pause', { reason: why })
      if (outcome.ok && pump.chosen()) await act(chair, 'chart', { kind: 'pump', term: pump.chosen() })
      return outcome
    }
    const body = [
      whose(chair),
      reason.element,
      other.element,
      pump.element,
      make('p.quiet', {}, t('Pause the pump too: this is the clock, not the pump.')),
    ]
    return openDialog({ title: t('Pause the infusion'), body, submit, submitLabel: t('Pause') })
  })

function rateHint(text, session) {
  const rate = parse(text)
  if (!rate) return ''
  const byWeight = over(rate, parse(session.weight_kg))
  const volume = session.concentration_mg_ml ? ` · ${figure(over(rate, parse(session.concentration_mg_ml)), 2)} mL/h` : ''
  const high = byWeight.n > byWeight.d ? ` · ${t('above the low-dose range, 1.00 mg/kg/h')}` : ''
  return `${figure(byWeight, 3)} mg/kg/h${volume}${high}`
}

/** Changes the rate. Above the low-dose range it is asked twice, and waits for a physician afterwards. */
export function askRate(chair) {
  const { session } = chairOf(chair)
  const rate = field(t('New rate'), { unit: 'mg/h', inputMode: 'decimal', maxLength: 9 })
  const reason = field(t('Reason, if there is one to tell'), { maxLength: 200 })
  let confirmed = ''
  rate.input.addEventListener('input', () => write(rate.hint, rateHint(rate.input.value, session)))
  const submit = async () => {
    const value = parse(rate.input.value)
    if (!value || isZero(value)) return { ok: false, sentence: t('A rate is a number above 0. To give nothing, pause or stop.') }
    const byWeight = over(value, parse(session.weight_kg))
    if (byWeight.n > byWeight.d && confirmed !== rate.input.value) {
      confirmed = rate.input.value
      return {
        ok: false,
        sentence: t`${figure(byWeight, 2)} mg/kg/h is above the low-dose range, 1.00 mg/kg/h. Press again to continue.`,
      }
    }
    return act(chair, 'change_rate', { rate_mg_h: figure(value, 6), reason: reason.input.value.trim() })
  }
  const body = [
    whose(chair),
    make('p', {}, t`Now ${rateWords(session).rate}.`),
    rate.element,
    reason.element,
    make('p.quiet', {}, t('Change the pump too: this is the clock, not the pump.')),
  ]
  return openDialog({ title: t('Change the rate'), body, submit, submitLabel: t('Change rate') })
}

const LOW_DOSE_BOLUS = '0.5' // mg/kg as shipped, where the session does not tell the clinic's

/** What a bolus would make of the dose, in words, and why it is asked twice; nothing for what is no dose. */
export function bolusWords(text, session, at = now()) {
  const mg = parse(text)
  if (!mg || isZero(mg)) return { hint: '', doubt: '' }
  const weight = parse(session.weight_kg)
  const total = parse(session.total_mg)
  const sum = plus(doseGiven(session, at), mg)
  const past = above(sum, total)
  const order = past ? t`more than the ordered ${rounded(total, 1)} mg` : t`of ${rounded(total, 1)} mg ordered`
  const byWeight = over(mg, weight)
  const asks = parse(session.guards?.bolus_mg_kg ?? LOW_DOSE_BOLUS)
  const doubts = [
    above(byWeight, asks) && t`${figure(byWeight, 2)} mg/kg at once is above the low-dose bolus of ${exact(asks)} mg/kg.`,
    past && t('With it more is given than was ordered.'),
  ]
  return { hint: t`${figure(byWeight, 3)} mg/kg · given ${rounded(sum, 1)} mg with it, ${order}`, doubt: doubts.filter(Boolean).join(' ') }
}

/** Writes down a dose given at once; one that is large, or passes the order, is asked twice. */
export function askBolus(chair) {
  const { session } = chairOf(chair)
  const dose = field(t('Given at once'), { unit: 'mg', inputMode: 'decimal', maxLength: 7 })
  let confirmed = ''
  const current = () => bolusWords(dose.input.value, chairOf(chair).session)
  const say = () => write(dose.hint, current().hint)
  dose.input.addEventListener('input', say)
  const submit = async () => {
    const mg = parse(dose.input.value)
    if (!mg || isZero(mg)) return { ok: false, sentence: t('A bolus is a number of mg above 0.') }
    const { doubt } = current()
    if (doubt && confirmed !== dose.input.value) {
      confirmed = dose.input.value
      return { ok: false, sentence: `${doubt} ${t('Press again to write it down.')}` }
    }
    return act(chair, 'bolus', { bolus_mg: figure(mg, 6) })
  }
  const body = [
    whose(chair),
    make('p', {}, t`${rounded(doseGiven(session), 1)} mg given so far, of ${rounded(parse(session.total_mg), 1)} mg ordered.`),
    dose.element,
    make('p.quiet', {}, t('It is written down as given now, beside the rate. A person gives it; Vigil gives nothing.')),
  ]
  return openDialog({ title: t('Bolus'), body, submit, submitLabel: t('Write down the bolus') })
}

/** Ends the infusion: recovery begins. */
export function askStop(chair) {
  const { session } = chairOf(chair)
  const reason = field(t('Reason, if it ends early'), { maxLength: 200 })
  const told = t`${rounded(doseGiven(session), 1)} mg of ${rounded(parse(session.total_mg), 1)} mg given in ${minutes(infusedUs(session))}.`
  const body = [
    whose(chair),
    make('p', {}, told),
    reason.element,
    make('p.quiet', {}, t('Recovery begins, and monitoring goes on. Stop the pump too: this is the clock, not the pump.')),
  ]
  const submit = () => act(chair, 'stop', { reason: reason.input.value.trim() })
  return openDialog({ title: t('End the infusion?'), body, submit, submitLabel: t('End the infusion') })
}

/** Takes back an order that was not begun. */
export function askWithdraw(chair) {
  const body = [whose(chair), make('p', {}, t('The order is withdrawn and the chair is free.'))]
  return openDialog({ title: t('Withdraw the order?'), body, submit: () => act(chair, 'close'), submitLabel: t('Withdraw') })
}
