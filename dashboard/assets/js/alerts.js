// The alert page: open alerts by priority, then age, each with its own Acknowledge; audio pauses with their countdown; what
// sounds now; beside them the history. Rows keep their place in the document, so a finger finds what it saw.

import { acknowledge, endPause, isPaused, kindFor, pauseAudio, settles } from './acknowledge.js'
import { markAlert } from './cells.js'
import { makeHistory } from './history.js'
import { icon, redraw } from './icons.js'
import { keyed, make, write } from './make.js'
import { openAlerts, presentOf } from './model.js'
import { moreOf } from './rail.js'
import { soundingNow, soundState } from './sounds.js'
import { state, subscribe } from './stream.js'
import { t } from './text.js'
import { blockOf } from './tiles.js'
import { hourAndSecond, since, until } from './walltime.js'
import { alertText, MARKS, minutes, PRIORITIES } from './words.js'

export { mountChairActions } from './acknowledge.js'

const RANK = { high: 0, medium: 1, low: 2 }

/** Open alerts of the house: unacknowledged and acknowledged of a priority together, the oldest first. */
export function openOfHouse() {
  const open = [...state.chairs.values()].flatMap((chair) => openAlerts(chair))
  return open.sort((a, b) => RANK[a.priority] - RANK[b.priority] || a.began - b.began)
}

/** Fills `place` with the alert page until the function given back is called. */
export function mountAlerts(place) {
  const page = makePage()
  const history = makeHistory()
  place.replaceChildren(make('div.alert-page', {}, page.element, history.element))
  const refresh = () => page.refresh()
  refresh()
  const leave = subscribe((event) => {
    if (event === 'alerts') history.ask()
    if (event !== 'chair') refresh()
  })
  const ticking = setInterval(refresh, 500)
  return () => {
    leave()
    clearInterval(ticking)
    history.end()
  }
}

function makePage() {
  const count = make('h1')
  const order = make('span.aside', {}, t('by priority, then age'))
  const rule = make('span.rule', {}, t('High priority is acknowledged one by one.'))
  const list = make('ul.open-alerts')
  const empty = make(
    'div.empty',
    {},
    make('strong', {}, t('No open alerts.')),
    make('p', {}, t('Look at the bedside monitor too: its own alarms stay on.')),
  )
  const pauses = make('ul.audio-pauses')
  const sounding = makeSounding()
  const refusal = make('p.refusal', { role: 'alert' })
  const settled = settles()
  const element = make(
    'section.open-part',
    { 'aria-label': t('Open alerts') },
    make('header', {}, count, order, rule),
    refusal,
    list,
    empty,
    make('div.sound-rows', {}, pauses, sounding.element),
  )

  function refresh() {
    const open = openOfHouse()
    settled.shows(open.map(({ id }) => id).join())
    write(count, open.length ? t`Open, ${open.length}` : t('Open'))
    order.hidden = rule.hidden = !open.length
    empty.hidden = Boolean(open.length)
    keyed(
      list,
      open,
      ({ id }) => id,
      (alert) => makeRow(alert, refusal, settled),
      updateRow,
    )
    const paused = [...state.chairs.values()].filter(isPaused)
    keyed(
      pauses,
      paused,
      ({ id }) => id,
      (chair) => makePause(chair, refusal),
      updatePause,
    )
    sounding.refresh(refusal)
  }

  return { element, refresh }
}

const rows = new WeakMap() // row → its parts

function makeRow(alert, refusal, settled) {
  const parts = {
    icon: icon(alert.kind),
    mark: make('b.mark'),
    text: make('strong'),
    detail: make('p'),
    lasted: make('b'),
    began: make('span'),
  }
  const chair = state.chairs.get(alert.chair)
  parts.block = make(
    'a.block',
    { href: `/chair/${encodeURIComponent(alert.chair)}`, 'aria-label': chair?.name ?? alert.chair },
    chair ? blockOf(chair) : alert.chair,
  )
  parts.take = make('button', { type: 'button', onclick: () => take() }, make('span', {}, t('Acknowledge')))
  const take = () => {
    if (settled.meant()) acknowledge(parts.take, parts.alert, refusal)
    else write(refusal, t('The list has just changed. Press again.'))
  }
  const row = make(
    'li.alert-row',
    {},
    make('div.sign', {}, parts.mark, parts.icon),
    parts.block,
    make('div.what', {}, parts.text, parts.detail),
    make('div.when', {}, parts.lasted, parts.began),
    parts.take,
  )
  rows.set(row, parts)
  return row
}

function updateRow(row, alert) {
  const parts = rows.get(row)
  const chair = state.chairs.get(alert.chair)
  parts.alert = alert
  markAlert(row, alert)
  redraw(parts.icon, alert.state === 'active' ? alert.kind : alert.state)
  write(parts.mark, MARKS[alert.priority])
  write(parts.text, alertText(alert, presentOf(chair, alert.parameter)))
  write(parts.detail, detailOf(chair, alert))
  write(parts.lasted, since(alert.began))
  write(parts.began, t`since ${hourAndSecond(alert.began)}`)
  if (parts.take.className !== kindFor(alert.priority)) parts.take.className = kindFor(alert.priority)
  parts.take.setAttribute('aria-label', t`Acknowledge ${t(alert.text)}, ${chair.name}`)
  parts.take.hidden = alert.state === 'acknowledged'
}

function detailOf(chair, alert) {
  const patient = chair.session?.patient
  const who = patient ? [patient.initials, patient.birth_year].filter(Boolean).join(' ') : t('no patient')
  const said = { active: activeDetail, acknowledged: acknowledgedDetail, latched: latchedDetail }[alert.state]
  return [who, ...(said?.(chair, alert) ?? [])].filter(Boolean).join(' · ')
}

const activeDetail = (chair, alert) => [moreOf(chair, alert, []), alert.response]

const acknowledgedDetail = (_chair, alert) => [
  t`Acknowledged by ${alert.acknowledged_by?.name ?? t('somebody')} at ${hourAndSecond(alert.acknowledged_at)}`,
  alert.sounds_again_at ? t`sounds again in ${until(alert.sounds_again_at)}` : '',
]

const latchedDetail = (_chair, alert) => [t`lasted ${minutes(alert.changed - alert.began)}`, t('Nobody has acknowledged it yet')]

function makePause(chair, refusal) {
  const left = make('b')
  const by = make('span.by')
  const end = make(
    'button.button.raised',
    { type: 'button', onclick: () => endPause(end, chair.id, refusal) },
    make('span', {}, t('End pause')),
  )
  const row = make('li', {}, icon('audioPaused'), make('p', {}, make('strong', {}, t`${chair.name} audio paused`), by), left, end)
  rows.set(row, { left, by })
  return row
}

function updatePause(row, chair) {
  const { left, by } = rows.get(row)
  write(left, until(chair.audio_paused_until))
  write(by, chair.audio_paused_by ? t` by ${chair.audio_paused_by}. New or higher alerts still sound.` : t('. New or higher alerts still sound.'))
}

/** The row that says what this screen sounds, with the pause for the chairs that do. */
function makeSounding() {
  const sign = icon('speaker')
  const words = make('p')
  let chairs = []
  let place = null
  const label = make('span')
  const pause = make(
    'button.button.raised',
    { type: 'button', onclick: () => chairs.forEach((chair) => pauseAudio(pause, chair, place)) },
    label,
  )
  const element = make('div.sounding', {}, sign, words, pause)

  function refresh(refusal) {
    place = refusal
    const sounds = soundingNow()
    chairs = sounds?.chairs ?? []
    pause.hidden = chairs.length !== 1
    redraw(sign, soundState() === 'running' ? 'speaker' : 'speakerOff')
    write(words, sentence(sounds))
    write(label, t`Audio pause chair ${chairs[0]}, 2 min`)
  }

  return { element, refresh }
}

function sentence(sounds) {
  if (soundState() !== 'running') return t('Sound is locked on this screen: tap Start shift.')
  if (!sounds) return isAnyPaused() ? t('No alert sounds now: audio is paused.') : t('No alert sounds now.')
  const names = sounds.chairs.map((id) => state.chairs.get(id)?.name.toLowerCase() ?? id).join(', ')
  const next = Math.max(0, Math.ceil(sounds.next_s))
  return t`Sounding now: ${PRIORITIES[sounds.priority].toLowerCase()}, ${names}. Next burst in ${next} s. Lower priorities wait.`
}

const isAnyPaused = () => [...state.chairs.values()].some(isPaused)
