// The rail of a tile: one alert in words, or what comes next. It always has its place, so nothing moves when an alert comes.

import { checkWords } from './charted.js'
import { icon, redraw } from './icons.js'
import { progress } from './infusion.js'
import { make, write } from './make.js'
import { markAlert } from './cells.js'
import { groupOf, openAlerts, presentOf, vitalOf } from './model.js'
import { shown, state } from './stream.js'
import { t } from './text.js'
import { alertText, clock, escalationWords, initialsOf, MARKS, minutes, number } from './words.js'

const iconOf = (alert) => (alert.state === 'active' ? alert.kind : alert.state)

/** {element, update(chair, at)} */
export function makeRail() {
  const sign = icon('physiological')
  const [mark, text, more, since] = ['b.mark', 'span.text', 'span.more', 'span.since'].map((what) => make(what))
  const told = make('div.told', {}, mark, sign, text, more, since)
  const calm = make('div.calm')
  const element = make('div.rail', { role: 'status' }, told, calm)

  function update(chair, at) {
    const [first, ...others] = openAlerts(chair)
    markAlert(element, first)
    told.hidden = !first
    calm.hidden = Boolean(first)
    if (!first) return fill(calm, nextSteps(chair, at))
    const current = presentOf(chair, first.parameter)
    write(mark, MARKS[first.priority])
    redraw(sign, iconOf(first))
    const group = groupOf(chair)
    write(text, group.length ? t(chair.group.text) : alertText(first, current))
    write(more, group.length ? listOf(first, group) : moreOf(chair, first, others))
    write(since, group.length ? minutes(Math.max(0, at - chair.group.began)) : sinceOf(first, at))
  }

  return { element, update }
}

function sinceOf(alert, at) {
  if (alert.state === 'acknowledged' && alert.sounds_again_at) return t`again ${minutes(Math.max(0, alert.sounds_again_at - at))}`
  return minutes(Math.max(0, at - alert.began))
}

const listOf = (first, group) =>
  [escalationWords(first), ...group.map((alert) => `${MARKS[alert.priority]} ${t(alert.text)}`)].filter(Boolean).join(' · ')

/** What stands small beside the alert: to whom it was escalated, who took notice, the worst value, the last one known, the next alert or how many. */
export function moreOf(chair, first, others) {
  const said = [escalationWords(first)]
  if (first.acknowledged_by && first.state === 'acknowledged') said.push(initialsOf(first.acknowledged_by.name))
  if (first.kind === 'technical') said.push(lastKnown(chair, first))
  else if (first.state !== 'latched' && first.worst !== null && first.worst !== first.value)
    said.push(t`worst ${number(first.parameter, first.worst)}`)
  if (others.length === 1) said.push(`${MARKS[others[0].priority]} ${t(others[0].text)}`)
  if (others.length > 1) said.push(`+${others.length}`)
  return said.filter(Boolean).join(' · ')
}

function lastKnown(chair, { parameter }) {
  const vital = parameter && vitalOf(chair, parameter)
  if (!vital || vital.value !== null || vital.last_at === null || vital.last_at === undefined) return ''
  return t`last ${number(parameter, vital.last_value)} at ${clock(shown(vital.last_at), state.zone)}`
}

const END_SOON_US = 300e6
const NEARLY = 0.9

/** What is worth knowing of an infusion that nears its end, by this clock; no alert and no sound (clinical §2.4). */
export function nearEnd(session, at) {
  if (session?.phase !== 'infusing') return ''
  const { left, dose } = progress(session, at)
  const part = dose / Number(session.total_mg)
  if (left > 0 && left <= END_SOON_US) return t`Planned end in ${minutes(left)}`
  return part >= NEARLY && part < 1 ? t`${Math.floor(part * 100)} % of the order, by this clock` : ''
}

/** The quiet lines of a calm rail: [icon, words]. */
function nextSteps(chair, at) {
  const steps = []
  const near = nearEnd(chair.session, at)
  if (near) steps.push(['infusion', near])
  const { session, nibp } = chair
  if (session?.phase === 'paused') steps.push(['paused', pausedSince(session, at)], ['infusion', t('look at the pump')])
  const measuring = chair.commands.find(({ state: stage }) => stage === 'accepted' || stage === 'sent')
  if (measuring) steps.push(['cuff', measuring.cuff_pressure ? t`Cuff ${measuring.cuff_pressure} mmHg` : t('Cuff measuring')])
  else if (nibp.next_at) steps.push(['cuff', nibp.next_at > at ? t`Cuff in ${minutes(nibp.next_at - at)}` : t('Cuff due')])
  else if (nibp.stopped_why) steps.push(['cuff', t(nibp.stopped_why)])
  const check = checkWords(session, at)
  if (check) steps.push(['note', check])
  return steps
}

const pausedSince = ({ paused_at, pause_reason }, at) =>
  [t`Paused ${minutes(at - (paused_at ?? at))}`, t(pause_reason ?? '')].filter(Boolean).join(', ')

function fill(calm, steps) {
  while (calm.children.length > steps.length) calm.lastChild.remove()
  steps.forEach(([name, words], index) => {
    const line = calm.children[index] ?? calm.appendChild(make('span.next', {}, icon(name), make('span')))
    redraw(line.firstChild, name)
    write(line.lastChild, words)
  })
}
