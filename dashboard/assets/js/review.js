// One session, closed or running, as it was: the axis of infusion minutes, the waves of any moment of it, what happened and who did
// what, the handover, and what was added afterwards. Nothing on this page is live, and it says so.

import { actor, read, send } from './actions.js'
import { choice, openDialog } from './dialogs.js'
import { icon } from './icons.js'
import { button, make, write } from './make.js'
import { PARTS, beforeWords, eventsOf, summaryOf } from './reviewevents.js'
import { makeWaveView } from './reviewwaves.js'
import { now, state, subscribe } from './stream.js'
import { t } from './text.js'
import { blockOf } from './tiles.js'
import { openTrend } from './trend.js'
import { emptyHistory, refill } from './trenddata.js'
import { columnsOf, makeDetail } from './trenddetail.js'
import { vocabulary } from './vocabulary.js'
import { hour, hourAndSecond } from './walltime.js'
import { makeWatermark } from './watermark.js'
import { day, DEMO, PHASES, zoneOffset } from './words.js'

const SECOND = 1e6
const MINUTE = 60 * SECOND
const LONGEST = 12 * 60 * MINUTE
const AGAIN_MS = 15_000 // a session that runs is read anew
const FIRST_WAVES = 10 * SECOND

/** Fills `place` with the session it names until the function given back is called. */
export function mountReview(place) {
  const id = place.dataset.session
  const page = { id, place, over: false, ends: [] }
  place.replaceChildren(make('p.review-wait', { role: 'status' }, t('The session is read…')))
  const start = () => state.clinic && !page.begun && begin(page)
  const leave = subscribe(start)
  start()
  return () => {
    page.over = true
    leave()
    page.ends.forEach((end) => end())
  }
}

const path = (id, what = '') => `sessions/${encodeURIComponent(id)}${what}`

async function begin(page) {
  page.begun = true
  const told = await fetched(page)
  if (page.over) return
  if (!told) return nothing(page)
  page.told = told
  draw(page)
  if (!told.session.closed_at) {
    const again = setInterval(() => renew(page), AGAIN_MS)
    page.ends.push(() => clearInterval(again))
  }
}

function nothing({ place, id }) {
  place.replaceChildren(
    make(
      'div.nowhere',
      {},
      make('h1', {}, t('This session cannot be shown.')),
      make('p', {}, t`Nothing is on record under “${id}”, or the server does not answer.`),
      make('a', { href: '/sessions' }, t('To the sessions')),
    ),
  )
}

/** Session, trend and deeds: {chair, session, amendments, trend, deeds, words, end}, or null. */
async function fetched({ id }) {
  const [record, deeds, words] = await Promise.all([read(path(id)), read(path(id, '/deeds')), vocabulary()])
  if (!record) return null
  const end = record.session.closed_at ?? now()
  const since = Math.floor(Math.max(record.session.admitted_at, end - LONGEST + MINUTE))
  const trend = await read(path(id, `/trend?since=${since}&columns=${columnsOf()}`))
  if (!trend) return null
  return { ...record, trend, deeds: deeds ?? { deeds: [], limits: [] }, words, end, since }
}

async function renew(page) {
  const told = await fetched(page)
  if (!told || page.over) return
  page.told = told
  fillTrend(page)
  page.opened.redraw()
  show(page)
}

function historyOf({ session, trend, deeds }) {
  const history = emptyHistory()
  refill(history, trend)
  history.session = session
  for (const { at, limit } of deeds.limits) {
    const key = `${limit.code} ${limit.priority}`
    const steps = history.limits.get(key) ?? []
    steps.push({ at, limit })
    history.limits.set(key, steps)
  }
  return history
}

function fillTrend(page) {
  const { trend } = page.opened
  trend.history = historyOf(page.told)
  page.detail.begin(page.told.trend)
  if (trend.chosen) trend.onLook(trend.chosen)
}

/** The whole session, with a little air on both sides. */
const wholeOf = (page) => () => {
  const { since, end } = page.told
  const air = Math.max(MINUTE / 2, (end - since) * 0.015)
  return { from: since - air, until: end + air }
}

function draw(page) {
  const { told } = page
  const parts = (page.parts = makeParts(page))
  page.place.replaceChildren(parts.element)
  page.detail = makeDetail((query) => read(path(page.id, `/trend?${query}`)))
  page.opened = openTrend(parts.trend, {
    name: 'review',
    now: () => page.told.end,
    whole: wholeOf(page),
    onMoment: (at) => at !== null && page.waves.show(at),
    onLook: (view) => page.detail.look(view, page.opened.trend.history, page.opened.redraw),
    past: true,
  })
  write(page.opened.trend.follow, t('Whole'))
  fillTrend(page)
  page.waves = makeWaveView({
    session: page.id,
    bounds: () => [page.told.since, page.told.end],
    onMoment: (mark) => moved(page, mark),
    label: t('Moment'),
  })
  parts.waves.append(page.waves.element)
  page.watermark = makeWatermark(parts.waves)
  page.opened.redraw()
  parts.trend.dataset.past = told.trend.step_s
  page.waves.show(firstMoment(told))
  show(page)
  const printing = matchMedia('print')
  const turn = () => printed(page, printing.matches)
  printing.addEventListener('change', turn)
  page.ends.push(page.detail.end, page.opened.end, page.waves.remove, () => printing.removeEventListener('change', turn), () => printed(page, false))
}

/** Where a reviewer most likely wants to look: the first high alert, else the start of the infusion. */
function firstMoment({ session, trend, since }) {
  const high = trend.alerts.find(({ priority, began }) => priority === 'high' && began >= since)
  return high?.began ?? Math.max(since, (session.began_at ?? since) + FIRST_WAVES)
}

function moved(page, mark) {
  const { trend, redrawTop } = page.opened
  trend.mark = mark
  trend.cursor = null
  redrawTop()
  const { session } = page.told
  const minute = session.began_at ? `${((mark.at - session.began_at) / MINUTE).toFixed(1).replace('-', '−')} min` : ''
  write(page.parts.minute, minute && t`At ${minute}`)
}

// The page's parts

function makeParts(page) {
  const chair = state.chairs.get(page.told.chair)
  const parts = {
    who: make('div.review-who'),
    demo: make('b.review-demo', { hidden: true }, DEMO),
    facts: make('dl.review-facts'),
    standing: make('p.review-standing', { role: 'status' }),
    trend: make('div.review-trend'),
    minute: make('b.review-minute'),
    waves: make('section.review-waves', { 'aria-label': t('Waves') }),
    events: make('ol.review-events'),
    notes: make('div.review-notes'),
    part: 'all',
  }
  parts.amend = button('raised', t('Add a note…'), () => askNote(page), 'note')
  const print = button('outlined', t('Print'), () => window.print())
  const head = make(
    'header.review-head',
    {},
    make('a.block', { href: `/chair/${encodeURIComponent(page.told.chair)}`, 'aria-label': chair?.name ?? page.told.chair }, chair ? blockOf(chair) : page.told.chair),
    parts.who,
    parts.demo,
    parts.facts,
    make('div.review-buttons', {}, make('a.button.outlined', { href: '/sessions' }, icon('back'), make('span', {}, t('Sessions'))), parts.amend, print),
  )
  const filters = choice(t('Show'), PARTS, { value: 'all', onchange: (word) => { parts.part = word; showEvents(page) } })
  filters.element.classList.add('review-filter')
  parts.element = make(
    'div.review-page',
    {},
    head,
    parts.standing,
    parts.trend,
    parts.waves,
    make('section.review-side', { 'aria-label': t('What happened') }, make('header', {}, make('h2', {}, t('Events')), parts.minute), filters.element, parts.events, parts.notes),
  )
  return parts
}

function show(page) {
  const { parts, told } = page
  const { session } = told
  const { patient } = session
  const born = patient.birth_year ? ` ${patient.birth_year}` : ''
  const ids = [patient.id && t`Id ${patient.id}`, `${Number(session.weight_kg)} kg`, t(session.order)].filter(Boolean).join(' · ')
  parts.who.replaceChildren(make('h1', {}, patient.initials, make('small', {}, born)), make('p', {}, ids))
  parts.facts.replaceChildren(...summaryOf(told).map(([value, words]) => make('div', {}, make('dt', {}, words), make('dd', {}, value))))
  const closed = Boolean(session.closed_at)
  parts.amend.hidden = !closed
  parts.standing.dataset.running = String(!closed)
  const offset = zoneOffset(told.end, state.zone)
  if (closed) write(parts.standing, t`Closed record of ${day(session.admitted_at, state.zone)}, times ${offset}. Nothing here is live. What is added later carries its author and time.`)
  else
    parts.standing.replaceChildren(
      make('strong', {}, t('NOT LIVE')),
      ` ${t`This session is running (${PHASES[session.phase].toLowerCase()}). Shown as recorded up to ${hourAndSecond(told.end)}.`} `,
      make('a', { href: `/chair/${encodeURIComponent(told.chair)}` }, t('To the chair, live')),
    )
  const demo = Boolean(told.deeds.demo || state.chairs.get(told.chair)?.demo)
  page.watermark.update(demo)
  parts.demo.hidden = !demo
  showEvents(page)
  showNotes(page)
}

function showEvents({ parts, told, waves }) {
  const { session } = told
  const rows = eventsOf(told).filter(({ part }) => parts.part === 'all' || part === parts.part)
  const row = ({ at, mark, priority, text, detail, by }) => {
    const minute = session.began_at ? String(Math.round((at - session.began_at) / 6e6) / 10).replace('-', '−') : hour(at)
    const go = make(
      'button',
      { type: 'button', onclick: () => waves.show(at), 'aria-label': t`${hourAndSecond(at)}, ${text}. Show the waves.` },
      make('span.minute', { title: hourAndSecond(at), 'data-paper': session.began_at ? ` min · ${hourAndSecond(at)}` : '' }, minute),
      make('b.mark', {}, mark ?? ''),
      make('span.what', {}, text, detail && make('small', {}, detail)),
      make('span.by', {}, by ?? ''),
    )
    const element = make('li', {}, go)
    if (priority) element.dataset.priority = priority
    return element
  }
  parts.events.replaceChildren(...rows.map(row))
  if (!rows.length) parts.events.append(make('li.none', {}, t('Nothing of this kind is on record.')))
}

function showNotes({ parts, told }) {
  const { amendments, session, words } = told
  const note = ({ at, by, kind, text }) =>
    make('li', {}, make('p.added-by', {}, make('b', {}, kind === 'correction' ? t('Correction') : t('Addition')), `${by.name}, ${t(by.role)} · ${day(at, state.zone)} ${hourAndSecond(at)}`), make('p', {}, text))
  const left = session.left?.without?.length ? t`Left without: ${session.left.without.map((one) => t(one)).join(', ')}. Reason: ${session.left.reason}` : ''
  const before = beforeWords(session, words)
  parts.notes.replaceChildren(
    ...[
      session.closed_at && make('section', {}, make('h2', {}, t('Handover')), make('p.handover', {}, session.handover || t('No handover was written.')), left && make('p.quiet', {}, left)),
      before.length > 0 && make('section', {}, make('h2', {}, t('Before the infusion')), before.map((sentence) => make('p.quiet', {}, sentence))),
      session.closed_at && make(
        'section.added',
        {},
        make('h2', {}, t('Added afterwards')),
        amendments.length ? make('ul', {}, amendments.map(note)) : make('p.quiet', {}, t('Nothing was added.')),
        make('p.quiet', {}, t('Kept beside the closed record, chained row by row. Nothing is overwritten.')),
      ),
    ].filter(Boolean),
  )
}

/** Asks what is to be added; it stands there when the server says that it is on disk. */
function askNote(page) {
  const kind = choice(t('What is it'), [['addition', t('Addition')], ['correction', t('Correction: something stands there wrongly')]], { value: 'addition' })
  const text = make('textarea', { id: 'review-note', rows: 5, maxLength: 2000, required: true, autofocus: true })
  const submit = async () => {
    if (!text.value.trim()) return { ok: false, sentence: t('Write what is to be added.') }
    const outcome = await send(path(page.id, '/amendments'), { kind: kind.chosen(), text: text.value.trim() })
    if (outcome.ok) {
      page.told.amendments = outcome.answer.amendments
      showNotes(page)
    }
    return outcome
  }
  const { patient } = page.told.session
  const body = [
    make('p.whose', {}, `${patient.initials} · ${day(page.told.session.admitted_at, state.zone)}`),
    kind.element,
    make('div.field', {}, make('label', { htmlFor: 'review-note' }, t('In your words')), text),
    make('p.quiet', {}, `${actor ? t`It will bear your name, ${actor.name}, and the time.` : t('It will bear your name and the time: you will be asked to sign in.')} ${t('It cannot be changed or taken back.')}`),
  ]
  openDialog({ title: t('Add to the closed session'), body, submit, submitLabel: t('Add for good') })
}

// On paper: black on white, whatever the screen shows

function printed(page, on) {
  const root = document.documentElement
  if (on && page.theme === undefined) {
    page.theme = root.dataset.theme ?? ''
    root.dataset.theme = 'light'
  } else if (!on && page.theme !== undefined) {
    if (page.theme) root.dataset.theme = page.theme
    else delete root.dataset.theme
    page.theme = undefined
  }
}
