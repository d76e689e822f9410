// What people add to the numbers: the patient's baseline before the infusion, and what they see. The server judges what is
// complete; this asks for it in as few taps as it can.

import { act } from './actions.js'
import { choice, field, openDialog } from './dialogs.js'
import { make } from './make.js'
import { state } from './stream.js'
import { withWords } from './vocabulary.js'
import { hour } from './walltime.js'

const MOAAS = [
  ['5', '5 answers readily'],
  ['4', '4 answers slowly'],
  ['3', '3 only when called loudly'],
  ['2', '2 only when prodded'],
  ['1', '1 only to pain'],
  ['0', '0 not at all'],
]
const SEVERITY = [
  ['none', 'over'],
  ['mild', 'mild'],
  ['moderate', 'moderate'],
  ['severe', 'severe'],
]
const ARMS = [
  ['other', 'different arms'],
  ['same', 'the same arm'],
]

const VALUES = [
  ['systolic', 'SBP', 'mmHg'],
  ['diastolic', 'DBP', 'mmHg'],
  ['spo2', 'SpO₂', '%'],
  ['hr', 'HR', 'bpm'],
]

/** The locked baseline in words, or nothing. */
export function baselineWords(baseline) {
  if (!baseline) return ''
  const rest = [baseline.spo2 === null ? '' : `SpO₂ ${Math.round(baseline.spo2)} %`, baseline.hr === null ? '' : `HR ${baseline.hr}`]
  const parts = [`${baseline.systolic}/${baseline.diastolic} mmHg`, ...rest.filter(Boolean)]
  return `Baseline ${parts.join(', ')}, locked ${hour(baseline.at)} by ${baseline.by}`
}

/** Locks what was measured; typed values take its place, with a reason. */
export function openBaseline(chair) {
  const { session, name } = state.chairs.get(chair)
  const fields = VALUES.map(([key, label, unit]) => [key, field(label, { unit, inputMode: 'numeric', maxLength: 3 })])
  const reason = field('Reason, if typed or changed', { maxLength: 200 })
  const submit = () => {
    const body = { reason: reason.input.value.trim() }
    for (const [key, { input, name: label }] of fields) {
      const text = input.value.trim()
      if (text && !/^\d+$/.test(text)) return { ok: false, sentence: `${label.textContent} is a whole number.` }
      if (text) body[key] = Number(text)
    }
    return act(chair, 'lock_baseline', body)
  }
  const body = [
    make('p.whose', {}, `${session.patient.initials} · ${name}`),
    make('p', {}, baselineWords(session.baseline) || 'Not locked yet. Limits from the baseline do not count until it is.'),
    make(
      'p.quiet',
      {},
      'Left empty, what was measured is locked: NIBP at least twice, 3 min apart, and two calm minutes of SpO₂ and heart rate.',
    ),
    make('div.fields', {}, fields.map(([, { element }]) => element)),
    reason.element,
  ]
  return openDialog({ title: session.baseline ? 'Change the baseline' : 'Lock the baseline', body, submit, submitLabel: 'Lock' })
}

function termField(terms) {
  const select = make('select', { id: 'chart-term' }, make('option', { value: '' }, '–'))
  select.append(...terms.map((term) => make('option', { value: term }, term)))
  const label = make('label', { htmlFor: select.id }, 'Side effect')
  return { element: make('div.field', {}, label, make('div.box', {}, select)), chosen: () => select.value }
}

/** Charts what is chosen: alertness, one side effect, where the cuff is. What is left alone is not charted. */
export const openChart = (chair) => withWords('Chart', (words) => chartDialog(chair, words))

function chartDialog(chair, words) {
  const { session, name } = state.chairs.get(chair)
  const alertness = choice('Alertness (MOAA/S)', MOAAS)
  const term = termField(words.side_effects)
  const severity = choice('How severe', SEVERITY)
  const arm = choice('Cuff and probe on', ARMS)
  const submit = async () => {
    const entries = []
    if (alertness.chosen() !== null) entries.push({ kind: 'moaas', level: Number(alertness.chosen()) })
    if (term.chosen()) {
      if (!severity.chosen()) return { ok: false, sentence: 'A side effect has a severity.' }
      entries.push({ kind: 'side_effect', term: term.chosen(), severity: severity.chosen() })
    }
    if (arm.chosen()) entries.push({ kind: 'cuff_arm', term: arm.chosen() })
    if (!entries.length) return { ok: false, sentence: 'Nothing was chosen.' }
    for (const entry of entries) {
      const outcome = await act(chair, 'chart', entry)
      if (!outcome.ok) return outcome
    }
    return { ok: true }
  }
  const body = [
    make('p.whose', {}, `${session.patient.initials} · ${name}`),
    alertness.element,
    term.element,
    severity.element,
    arm.element,
  ]
  return openDialog({ title: 'Chart', body, submit, submitLabel: 'Chart' })
}
