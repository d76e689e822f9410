// The patient's own values before the infusion. The server judges what was measured; this asks for it in as few taps as it can.

import { act } from './actions.js'
import { capital } from './charted.js'
import { watchCriteria } from './criteria.js'
import { field, openDialog } from './dialogs.js'
import { make, write } from './make.js'
import { state } from './stream.js'
import { t } from './text.js'
import { hour } from './walltime.js'

const EVERY_MS = 2000

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
  return t`Baseline ${parts.join(', ')}, locked ${hour(baseline.at)} by ${baseline.by}`
}

/** Locks what was measured; typed values take its place, with a reason. */
export function openBaseline(chair) {
  const { session, name } = state.chairs.get(chair)
  const fields = VALUES.map(([key, label, unit]) => [key, field(label, { unit, inputMode: 'numeric', maxLength: 3 })])
  const reason = field(t('Reason, if typed or changed'), { maxLength: 200 })
  const submit = () => {
    const body = { reason: reason.input.value.trim() }
    for (const [key, { input, name: label }] of fields) {
      const text = input.value.trim()
      if (text && !/^\d+$/.test(text)) return { ok: false, sentence: t`${label.textContent} is a whole number.` }
      if (text) body[key] = Number(text)
    }
    if (!body.reason && (session.baseline || Object.keys(body).length > 1)) return { ok: false, sentence: t('A baseline that is typed or changed needs a reason.') }
    return act(chair, 'lock_baseline', body)
  }
  const measured = make('p.measured', { role: 'status' })
  const tell = (answer) => {
    const found = session.baseline ? null : answer?.criteria.find(({ code }) => code === 'baseline')
    write(measured, found ? `${capital(found.detail)}.` : '')
  }
  const body = [
    make('p.whose', {}, `${session.patient.initials} · ${name}`),
    make('p', {}, baselineWords(session.baseline) || t('Not locked yet. Limits from the baseline do not count until it is.')),
    make(
      'p.quiet',
      {},
      t('Left empty, what was measured is locked: NIBP at least twice, 3 min apart, and two calm minutes of SpO₂ and heart rate.'),
    ),
    measured,
    make('div.fields', {}, fields.map(([, { element }]) => element)),
    reason.element,
  ]
  const watch = watchCriteria(chair, tell, EVERY_MS)
  return openDialog({ title: session.baseline ? t('Change the baseline') : t('Lock the baseline'), body, submit, submitLabel: t('Lock') }).finally(watch.leave)
}
