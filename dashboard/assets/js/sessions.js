// The list of sessions, newest first, a page at a time. Whom one looks for stays in this browser: neither an address nor a
// request names a person.

import { read } from './actions.js'
import { make, write } from './make.js'
import { state, subscribe } from './stream.js'
import { t } from './text.js'
import { blockOf } from './tiles.js'
import { hour } from './walltime.js'
import { dateOf, day, inMinutes, MARKS, PHASES, sessionsOf } from './words.js'

const PAGE = 50
const MOST_SOUGHT = 20 // pages that a search for a patient goes through by itself

/** Fills `place` with the list until the function given back is called. */
export function mountSessions(place) {
  const list = { found: [], older: undefined, busy: false, over: false, sought: 0, turn: 0 }
  list.pick = {
    chair: make('select', { 'aria-label': t('Chair'), onchange: () => anew(list) }),
    day: make('input', { type: 'date', 'aria-label': t('Day'), onchange: () => anew(list) }),
    patient: make('input', { type: 'search', 'aria-label': t('Patient: initials or id'), placeholder: t('Initials or id'), maxLength: 64, autocomplete: 'off', oninput: () => seek(list) }),
  }
  list.body = make('tbody')
  list.foot = make('span', { role: 'status' })
  list.more = make('button.button.outlined', { type: 'button', onclick: () => ask(list) }, make('span', {}, t('Older')))
  const heads = [t('Day'), t('Chair'), t('Patient'), t('Order'), t('From'), t('To'), t('Infused'), t('Dose'), t('Alerts'), ''].map((word) => make('th', { scope: 'col' }, word || make('span.unseen', {}, t('Open'))))
  const cleared = make('button.button.outlined', { type: 'button', onclick: () => clear(list) }, make('span', {}, t('Clear')))
  place.replaceChildren(
    make(
      'div.sessions-page',
      {},
      make('header', {}, make('h1', {}, t('Sessions')), make('span.aside', {}, t('newest first')), make('div.filters', {}, Object.values(list.pick), cleared)),
      make('div.scroll', { tabIndex: 0, role: 'region', 'aria-label': t('Sessions') }, make('table', {}, make('thead', {}, make('tr', {}, heads)), list.body)),
      make('footer', {}, list.foot, list.more),
    ),
  )
  const start = () => {
    if (!state.clinic || list.begun) return
    list.begun = true
    keepChairs(list)
    anew(list)
  }
  const leave = subscribe(start)
  start()
  return () => {
    list.over = true
    leave()
  }
}

function keepChairs({ pick: { chair } }) {
  const options = [['', t('All chairs')], ...[...state.chairs.values()].map(({ id, name }) => [id, name])]
  chair.replaceChildren(...options.map(([value, text]) => make('option', { value }, text)))
}

function clear(list) {
  for (const input of Object.values(list.pick)) input.value = ''
  anew(list)
}

function anew(list) {
  Object.assign(list, { found: [], older: undefined, sought: 0, busy: false, turn: list.turn + 1 })
  ask(list)
}

function seek(list) {
  list.sought = 0
  show(list)
  seekOn(list)
}

/** A search that found few goes on into older pages by itself, within bounds. */
function seekOn(list) {
  if (!list.pick.patient.value.trim() || list.older === null || list.sought >= MOST_SOUGHT || matching(list).length >= PAGE) return
  list.sought += 1
  ask(list)
}

function asked({ older, pick }) {
  const words = [`limit=${PAGE}`]
  if (pick.chair.value) words.push(`chair=${encodeURIComponent(pick.chair.value)}`)
  const span = pick.day.value ? dateOf(pick.day.value, state.zone) : null
  if (span) words.push(`since=${span.from}`)
  const before = older ?? span?.until ?? null
  if (before) words.push(`before=${before}`)
  return `session-list?${words.join('&')}`
}

async function ask(list) {
  if (list.busy) return
  list.busy = true
  const { turn } = list
  show(list)
  const answer = await read(asked(list))
  if (list.over || turn !== list.turn) return
  list.busy = false
  list.failed = !answer
  if (answer) {
    list.found.push(...answer.sessions)
    list.older = answer.older
  }
  show(list)
  if (answer) seekOn(list)
}

function matching({ found, pick }) {
  const bare = (text) => (text ?? '').toLowerCase().replaceAll(/[\s.]/g, '')
  const wanted = bare(pick.patient.value)
  return found.filter(({ patient }) => !wanted || bare(patient.initials).startsWith(wanted) || bare(patient.id).includes(wanted))
}

function show(list) {
  const rows = matching(list)
  list.body.replaceChildren(...rows.map(rowOf))
  list.more.hidden = list.older === null || list.older === undefined
  const count = sessionsOf(rows.length) + (list.older ? t(', there are older ones') : '')
  const none = list.pick.day.value || list.pick.chair.value || list.pick.patient.value ? t('No session fits.') : t('No session is on record yet.')
  write(list.foot, list.busy ? t('Sessions are read…') : list.failed ? t('The sessions cannot be had: the server does not answer.') : rows.length ? count : none)
}

function rowOf(session) {
  const { id, chair, patient, phase, admitted_at, began_at, stopped_at, closed_at, order, dose_mg, alerts } = session
  const known = state.chairs.get(chair)
  const href = `/session/${encodeURIComponent(id)}`
  const who = [patient.initials, patient.birth_year].filter(Boolean).join(' ')
  const runs = phase !== 'closed'
  const cells = [
    day(admitted_at, state.zone),
    make('b.chair-block', {}, known ? blockOf(known) : chair),
    make('span', {}, make('strong', {}, who), patient.id && make('small', {}, t`Id ${patient.id}`)),
    t(order),
    hour(admitted_at),
    runs ? make('span.chip.running', {}, PHASES[phase]) : make('span.until', { 'data-before': t('to') }, hour(closed_at)),
    began_at ? (stopped_at ? inMinutes(stopped_at - began_at) : t('running')) : t('not begun'),
    stopped_at ? `${Number(Number(dose_mg).toFixed(1))} mg` : '',
    ['high', 'medium', 'low'].filter((priority) => alerts[priority]).map((priority) => make('span.alert-count', { 'data-priority': priority }, `${alerts[priority]} ${MARKS[priority]}`)),
    make('a.button.raised', { href, 'aria-label': t`Open the session of ${who}, ${day(admitted_at, state.zone)} ${hour(admitted_at)}` }, t('Open')),
  ]
  const row = make('tr', {}, cells.map((cell) => make('td', {}, cell)))
  row.dataset.session = id
  return row
}

/** A link to the chair's last session, hidden until one is known. */
export function lastSessionLink(chair) {
  const link = make('a.button.outlined', { hidden: true }, make('span', {}, t('Last session')))
  read(`session-list?limit=1&chair=${encodeURIComponent(chair)}`).then((answer) => {
    const [last] = answer?.sessions ?? []
    if (!last) return
    link.href = `/session/${encodeURIComponent(last.id)}`
    link.hidden = false
  })
  return link
}
