// Alarm off for what is not connected: said with a reason, shown with who said it, taken back with one press. The server refuses it
// for SpO₂ and the ECG while an infusion runs, and for whatever gives a value.

import { act, press } from './actions.js'
import { field, openDialog } from './dialogs.js'
import { icon } from './icons.js'
import { button, keyed, make, write } from './make.js'
import { openAlerts, presentOf } from './model.js'
import { t } from './text.js'
import { hour } from './walltime.js'
import { NAMES } from './words.js'

const MISSED_BY = { sensor_off: 'spo2', leads_off: 'hr', etco2_missing: 'etco2' }
const NEEDED = ['spo2', 'hr']
const nameOf = (parameter) => (parameter === 'hr' ? 'ECG' : NAMES[parameter])

/** What may be said to be not monitored now: its parameters. */
export function mayBeOff(chair) {
  const infusing = ['infusing', 'paused'].includes(chair.session?.phase)
  const missed = openAlerts(chair).map(({ code }) => MISSED_BY[code]).filter(Boolean)
  return [...new Set(missed)].filter((parameter) => presentOf(chair, parameter) === null && !(infusing && NEEDED.includes(parameter)))
}

/** {element, update(chair)} */
export function makeAlarmOff() {
  const refusal = make('p.refusal', { role: 'alert' })
  const list = make('ul')
  const element = make('div.alarm-off', {}, list, refusal)

  function create(one) {
    const words = make('p')
    const control = one.at
      ? button('outlined', t('Monitor again'), () => press(control, () => act(one.chair, 'monitored', { parameter: one.parameter }), refusal))
      : button('outlined', t`Alarm off for ${nameOf(one.parameter)}…`, () => ask(one.chair, one.parameter))
    return make('li', {}, icon(one.at ? 'audioPaused' : 'bell'), words, control)
  }

  function update(chair) {
    const off = (chair.session?.not_monitored ?? []).map((one) => ({ ...one, chair: chair.id }))
    const may = mayBeOff(chair).map((parameter) => ({ parameter, chair: chair.id }))
    element.hidden = !off.length && !may.length
    keyed(list, [...off, ...may], ({ parameter, at }) => `${parameter} ${at ?? ''}`, create, (row, { parameter, at, by, reason }) =>
      write(row.children[1], at ? t`${nameOf(parameter)} not monitored since ${hour(at)}: ${reason} (${by})` : t`${nameOf(parameter)} is not connected`))
  }

  return { element, update }
}

function ask(chair, parameter) {
  const reason = field(t('Why it is not monitored'), { maxLength: 200 })
  const submit = async () => {
    const why = reason.input.value.trim()
    return why ? act(chair, 'not_monitored', { parameter, reason: why }) : { ok: false, sentence: t('Alarm off needs a reason.') }
  }
  const body = [make('p', {}, t`No alert will tell that ${nameOf(parameter)} is missing, until a value comes. Limits stay.`), reason.element]
  return openDialog({ title: t`${nameOf(parameter)} not monitored?`, body, submit, submitLabel: t('Alarm off') })
}
