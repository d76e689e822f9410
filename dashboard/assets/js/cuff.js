// Blood pressure on the chair page: the newest determination, those before it, when the next is due, and the button that
// starts one. The button tells the true state of its command, as the device answers it, never what was merely asked.

import { act, press, read } from './actions.js'
import { makeCell } from './cells.js'
import { sits } from './charted.js'
import { button, make, write } from './make.js'
import { vitalOf } from './model.js'
import { now, shown, state } from './stream.js'
import { t } from './text.js'
import { ago, clock, COMMANDS, hourMinute, minutes, NAMES, number } from './words.js'

const ROWS = 4
const PAST_US = 3 * 3600e6
const UNDER_WAY = ['requested', 'sent', 'accepted']
const TOLD_US = { done: 20e6, refused: 120e6, timed_out: 120e6 } // how long an outcome stays told

/** {element, update(chair, at)} */
export function makeCuff(id) {
  const cell = makeCell(id, 'nibp')
  const [mean, due, outcome] = [make('b.mean'), make('span.due'), make('p.outcome', { role: 'status' })]
  const rows = make('ol.past')
  const refusal = make('p.refusal', { role: 'alert' })
  const start = button('raised', t('Cuff now'), () => pressStart(), 'cuff')
  const buttons = make('div.buttons', {}, start)
  const element = make('section.cuff', {}, cell.element, make('p.line', {}, mean, due), rows, outcome, refusal, buttons)
  let past = []
  let underWay = null

  const pressStart = () => press(start, () => act(id, underWay ? 'nibp_stop' : 'nibp_start'), refusal)

  read(`chairs/${encodeURIComponent(id)}/trend?since=${now() - PAST_US}&until=${now()}&curves=false`).then((trend) => {
    for (const { at, systolic, diastolic, mean: middle } of trend?.nibp ?? []) keep({ at, systolic, diastolic, mean: middle })
  })

  function keep(point) {
    if (point.systolic === null || past.some(({ at }) => at === point.at)) return
    past = [point, ...past].sort((a, b) => b.at - a.at).slice(0, 12)
  }

  function update(chair, at) {
    cell.update(chair, at)
    const [systolic, diastolic, middle] = ['nibp_sys', 'nibp_dia', 'nibp_mean'].map((name) => vitalOf(chair, name))
    if (systolic) keep({ at: systolic.at, systolic: systolic.value, diastolic: diastolic?.value ?? null, mean: middle?.value ?? null })
    const map = number('nibp_mean', middle?.value)
    write(mean, map ? `${NAMES.nibp_mean} ${map}` : '')
    write(due, nextOf(chair, at))
    showPast(rows, past.filter((point) => point.at !== systolic?.at && isOfPatient(chair, point)).slice(0, ROWS))
    showCommand(chair, at)
  }

  function showCommand(chair, at) {
    const able = chair.devices.some(({ can }) => can.includes('nibp_start'))
    const command = chair.commands.filter(({ kind }) => kind === 'nibp_start').sort((a, b) => b.requested_at - a.requested_at)[0]
    underWay = command && UNDER_WAY.includes(command.state) ? command : null
    const told = command && (underWay || at - command.changed < TOLD_US[command.state]) ? command : null
    start.disabled = !able
    write(start.lastChild, underWay ? t('Stop the cuff') : able ? t('Cuff now') : t('No cuff here'))
    write(outcome, told ? commandWords(told, at) : '')
    outcome.dataset.state = told?.state ?? ''
  }

  return { element, update }
}

/** Whether a determination is of the patient who sits here now: those before the admission were somebody else's. */
export const isOfPatient = ({ session }, { at }) => sits(session) && at >= session.admitted_at

/** The state of a command in words; while a cuff measures, its pressure. */
export function commandWords(command, at) {
  const word = COMMANDS[command.state]
  if (command.state === 'accepted') return command.cuff_pressure === null ? `${word} …` : t`${word}, cuff at ${command.cuff_pressure} mmHg`
  if (command.state === 'done') return t`${word} at ${clock(shown(command.changed), state.zone)}`
  if (UNDER_WAY.includes(command.state)) return t`${word} ${ago(at - command.requested_at)} ago`
  return command.text ? `${word}: ${command.text}` : word
}

function nextOf({ nibp }, at) {
  if (nibp.stopped_why) return t(nibp.stopped_why)
  const every = nibp.interval_s ? t`every ${Math.round(nibp.interval_s / 60)} min` : t('by hand')
  return nibp.next_at ? `${every} · ${nibp.next_at > at ? t`next ${minutes(nibp.next_at - at)}` : t('due')}` : every
}

function showPast(rows, points) {
  while (rows.children.length > points.length) rows.lastChild.remove()
  points.forEach(({ at, systolic, diastolic, mean }, place) => {
    const row = rows.children[place] ?? rows.appendChild(make('li', {}, make('span'), make('b'), make('span')))
    const told = [hourMinute(shown(at), state.zone), `${number('nibp_sys', systolic)}/${number('nibp_dia', diastolic) ?? '–'}`, number('nibp_mean', mean) ?? '']
    told.forEach((text, column) => write(row.children[column], text))
  })
}

