// Alerts that have ended: a table with filters, and the figures that tell how the alarms served and how soon they were
// acknowledged. Read from the API, which reads the record; asked again a moment after an alert changed.

import { read } from './actions.js'
import { capital } from './charted.js'
import { keyed, make, write } from './make.js'
import { now, shown, state } from './stream.js'
import { t } from './text.js'
import { blockOf } from './tiles.js'
import { hour } from './walltime.js'
import { dateOf, firstAnswer, isoDay, lifeWords, MARKS, minutes, pastText, PRIORITIES } from './words.js'

const ASK_AFTER_MS = 1500 // an alert is on record a moment after it is on screen
const MOST = 1000
const PAGE = 25
const HOUR = 3.6e9

const SPANS = [
  ['12', t('Last 12 h')],
  ['1', t('Last hour')],
  ['day', t('One day')],
  ['all', t('All kept')],
]
const WITHIN_S = [30, 60, 180]
const PRIORITY = [
  ['', t('All priorities')],
  ['high', `!!! ${PRIORITIES.high}`],
  ['medium', `!! ${PRIORITIES.medium}`],
  ['low', `! ${PRIORITIES.low}`],
]
const KIND = [
  ['', t('All kinds')],
  ['physiological', t('Physiological')],
  ['technical', t('Technical')],
  ['infusion', t('Infusion')],
]

const TOLD = [
  ['', t('Escalated or not')],
  ['escalated', t('Escalated')],
  ['grouped', t('Told as one with others')],
]

const option = ([value, text]) => make('option', { value }, text)
const picker = (label, options, onchange) => make('select', { 'aria-label': label, onchange }, options.map(option))

const WAITS = [t('To acknowledge'), t('Median'), ...WITHIN_S.map((s) => `≤ ${s} s`), t('Not ack')]

/** {element, ask(), end()} */
export function makeHistory() {
  const table = { alerts: [], many: PAGE, waiting: null }
  const refresh = () => show(table)
  table.pick = {
    span: picker(t('Time'), SPANS, () => turn(table)),
    day: make('input', { type: 'date', 'aria-label': t('Day'), hidden: true, onchange: () => ask(table) }),
    chair: picker(t('Chair'), [['', t('All chairs')]], refresh),
    priority: picker(t('Priority'), PRIORITY, refresh),
    kind: picker(t('Kind'), KIND, refresh),
    told: picker(t('Told to whom'), TOLD, refresh),
  }
  table.figures = Object.fromEntries(['count', 'high', 'toAcknowledge', 'technical'].map((name) => [name, make('b', {}, '–')]))
  table.waits = make('tbody')
  table.body = make('tbody')
  table.foot = make('span')
  table.older = make('button.button.outlined', { type: 'button', onclick: () => more(table) }, make('span', {}, t('Older')))
  table.element = frame(table)
  ask(table)
  return { element: table.element, ask: () => askSoon(table), end: () => clearTimeout(table.waiting) }
}

function frame({ body, figures, foot, older, pick, waits }) {
  const figure = (value, words) => make('div', {}, value, make('span', {}, words))
  const heads = [t('Begin'), make('span.unseen', {}, t('Priority')), t('Chair'), t('Alert'), t('Lasted'), t('To ack'), t('Then')].map((word) => make('th', { scope: 'col' }, word))
  return make(
    'section.history',
    { 'aria-label': t('History') },
    make('header', {}, make('h2', {}, t('History')), make('span.aside', {}, t('alerts that have ended'))),
    make(
      'div.figures',
      {},
      figure(figures.count, t('alerts')),
      figure(figures.high, t('of them high')),
      figure(figures.toAcknowledge, t('median to acknowledge')),
      figure(figures.technical, t('technical')),
    ),
    make(
      'table.waits',
      {},
      make('caption.unseen', {}, t('Time to acknowledge by priority')),
      make('thead', {}, make('tr', {}, WAITS.map((word) => make('th', { scope: 'col' }, word)))),
      waits,
    ),
    make('div.filters', {}, Object.values(pick)),
    make('div.scroll', {}, make('table', {}, make('thead', {}, make('tr', {}, heads)), body)),
    make('footer', {}, foot, older),
  )
}

function askSoon(table) {
  clearTimeout(table.waiting)
  table.waiting = setTimeout(() => ask(table), ASK_AFTER_MS)
}

/** Another span of time: older alerts are not among those that were asked for before. */
function turn(table) {
  const { day, span } = table.pick
  day.hidden = span.value !== 'day'
  if (!day.value) day.value = isoDay(shown(now()), state.zone)
  ask(table)
}

/** The span that is looked at, {from, until}, µs. */
function spanOf({ pick: { day, span } }) {
  if (span.value === 'day') return dateOf(day.value, state.zone) ?? { from: 0, until: null }
  return { from: span.value === 'all' ? 0 : now() - Number(span.value) * HOUR, until: null }
}

async function ask(table) {
  const asked = (table.asked = {})
  const { from, until } = spanOf(table)
  const answer = await read(`alerts?state=ended&limit=${MOST}&since=${Math.floor(from)}${until ? `&until=${until}` : ''}`)
  if (asked !== table.asked) return
  if (answer) table.alerts = answer.alerts
  keepChairs(table)
  show(table)
}

function keepChairs({ pick: { chair } }) {
  const known = [['', t('All chairs')], ...[...state.chairs.values()].map(({ id, name }) => [id, name])]
  if (chair.options.length !== known.length) chair.replaceChildren(...known.map(option))
}

function more(table) {
  table.many += 4 * PAGE
  show(table)
}

function chosen(table) {
  const { alerts, pick } = table
  const { from, until } = spanOf(table)
  const fits = (alert) =>
    alert.began >= from &&
    alert.began < (until ?? Infinity) &&
    (!pick.chair.value || alert.chair === pick.chair.value) &&
    (!pick.priority.value || alert.priority === pick.priority.value) &&
    (!pick.kind.value || alert.kind === pick.kind.value) &&
    (!pick.told.value || alert.life.some(({ what }) => what === pick.told.value))
  return alerts.filter(fits).sort((a, b) => b.began - a.began)
}

/** The middle of `numbers`; null when there are none. */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (!sorted.length) return null
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** How long each alert waited that was acknowledged at all, µs: until it was so first. */
const waitsBefore = (alerts) => alerts.flatMap((alert) => (firstAnswer(alert) ? [firstAnswer(alert).at - alert.began] : []))

/**
 * How soon alerts were acknowledged, by priority: [{priority, count, median, within: [share …], never}]. Shares are of those that were
 * acknowledged; one that ended before anybody came counts in `never` alone.
 */
export function waitsOf(alerts) {
  return ['high', 'medium', 'low'].map((priority) => {
    const of = alerts.filter((alert) => alert.priority === priority)
    const waits = waitsBefore(of)
    const within = WITHIN_S.map((s) => (waits.length ? Math.round((100 * waits.filter((wait) => wait <= s * 1e6).length) / waits.length) : null))
    return { priority, count: of.length, median: median(waits), within, never: of.length - waits.length }
  })
}

function showWaits({ waits }, alerts) {
  const row = ({ priority, count, median: middle, within, never }) => {
    const cells = [
      [make('b.mark', {}, MARKS[priority]), ` ${PRIORITIES[priority]}, ${count}`],
      middle === null ? '–' : minutes(middle),
      ...within.map((share) => (share === null ? '–' : `${share} %`)),
      String(never),
    ]
    const element = make('tr', {}, cells.map((cell, index) => make(index ? 'td' : 'th', index ? {} : { scope: 'row' }, cell)))
    element.dataset.priority = priority
    return element
  }
  waits.replaceChildren(...waitsOf(alerts).map(row))
}

function show(table) {
  const { body, figures, foot, many, older } = table
  const alerts = chosen(table)
  const waits = median(waitsBefore(alerts))
  const share = alerts.length ? Math.round((100 * alerts.filter(({ kind }) => kind === 'technical').length) / alerts.length) : null
  write(figures.count, String(alerts.length))
  write(figures.high, String(alerts.filter(({ priority }) => priority === 'high').length))
  write(figures.toAcknowledge, waits === null ? '–' : minutes(waits))
  write(figures.technical, share === null ? '–' : `${share} %`)
  showWaits(table, alerts)
  keyed(
    body,
    alerts.slice(0, many),
    ({ id }) => id,
    () => make('tr'),
    updateRow,
  )
  const cut = table.alerts.length >= MOST ? t`, of the newest ${MOST}` : ''
  write(foot, alerts.length ? t`${Math.min(many, alerts.length)} of ${alerts.length} alerts${cut}` : t('No alert ended in this time.'))
  older.hidden = alerts.length <= many
}

function updateRow(row, alert) {
  if (row.dataset.changed === String(alert.changed)) return
  row.dataset.changed = alert.changed
  row.dataset.priority = alert.priority
  const chair = state.chairs.get(alert.chair)
  const answer = firstAnswer(alert)
  const told = lifeWords(alert)
  const cells = [
    hour(alert.began),
    make('b.mark', {}, MARKS[alert.priority]),
    make('b', {}, chair ? blockOf(chair) : alert.chair),
    [
      pastText(alert),
      told.length > 0 && make('small', {}, capital(told.join(', '))),
      answer && make('small.narrow', {}, capital(t`acknowledged after ${minutes(answer.at - alert.began)}`)),
    ],
    minutes((alert.ended_at ?? now()) - alert.began),
    answer ? minutes(answer.at - alert.began) : '–',
    answer?.by ?? t('ended'),
  ]
  row.replaceChildren(...cells.map((cell) => make('td', {}, cell)))
}
