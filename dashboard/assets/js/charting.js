// The charting panel of a chair: what a person sees, in one tap a scale; the rest in a small sheet. Each row tells who charted
// it last and how long ago. What is late is told quietly, never as an alert. What may be charted the server judges.

import { act, press } from './actions.js'
import { capital, checkWords, lastOf, ongoing, SCALES, sits, wordsOf } from './charted.js'
import { openDrug, openMore, openNote, openSideEffect, openState } from './chartsheets.js'
import { icon } from './icons.js'
import { button, keyed, make, write } from './make.js'
import { now, state, subscribe } from './stream.js'
import { t } from './text.js'
import { vocabulary } from './vocabulary.js'
import { hour } from './walltime.js'
import { ago, initialsOf } from './words.js'

const ROWS = ['pain', 'moaas', 'dissociation', 'nausea', 'anxiety']
const FRESH_US = 5 * 60e6 // so long a level stands as just charted
const TICK_MS = 1000
const ARMED_MS = 8000 // so long the second tap of an emergency is awaited
const ARMS = { other: t('other arm'), same: t('same arm') }
const ARMED = t('Tap again to mark an emergency. It calls nobody.')
const SETTLE_MS = 400 // a second tap that comes sooner was one tap that bounced

const sessionOf = (id) => state.chairs.get(id)?.session ?? null

/** Shows the charting of the chair in `place` until the function given back is called; empty while nobody sits there. */
export function mountCharting(place) {
  const { chair } = place.dataset
  const panel = makePanel(chair)
  const update = () => {
    const session = sessionOf(chair)
    place.hidden = !sits(session)
    if (sits(session)) panel.update(session, now())
  }
  place.replaceChildren(panel.element)
  const leave = subscribe((event, detail) => {
    if (event !== 'chair' || detail.chair.id !== chair) return
    if (!detail.changes) panel.fill().then(update)
    if (!detail.changes || detail.changes.some(({ type }) => type === 'session')) update()
  })
  const ticking = setInterval(() => document.hidden || update(), TICK_MS)
  panel.fill().then(update)
  update()
  return () => {
    leave()
    clearInterval(ticking)
    panel.end()
  }
}

function makePanel(chair) {
  const due = make('span.aside')
  const [rows, open] = [make('div.scales'), make('ul.ongoing', { 'aria-label': t('Side effects that go on') })]
  const [hint, said] = [make('p.hint', { 'aria-hidden': 'true' }), make('p.said', { role: 'status' })]
  const refusal = make('p.refusal', { role: 'alert' })
  const chart = (control, body) => chartNow(chair, control, body, said, refusal)
  const emergency = makeEmergency(chart, said)
  const doors = makeDoors(chair, said)
  const element = make(
    'section.charting',
    { 'aria-label': t('Chart') },
    make('header', {}, icon('note'), make('h2', {}, t('Chart')), due, emergency.element),
    rows,
    make('div.words', {}, hint, said),
    refusal,
    open,
    make('div.doors', {}, doors.elements),
  )
  let scales = []
  return {
    element,
    end: emergency.end,
    async fill() {
      if (scales.length) return
      const words = await vocabulary()
      if (scales.length) return
      write(refusal, '')
      if (!words) return void write(refusal, t('The scales cannot be had: the server does not answer.'))
      scales = ROWS.map((code) => makeScale(words.scales.find((scale) => scale.code === code), chart, hint))
      rows.replaceChildren(...scales.map(({ element }) => element))
    },
    update(session, at) {
      write(due, checkWords(session, at))
      element.dataset.due = session.charting_due_at !== null && session.charting_due_at <= at ? 'late' : 'ahead'
      for (const scale of scales) scale.update(session, at)
      showOngoing(open, session, at, chart)
      doors.update(session, at)
    },
  }
}

/** Charts `body` for the pressed `control`; a good outcome is said in `said`, a refusal in `refusal`. */
async function chartNow(chair, control, body, said, refusal) {
  write(said, '')
  const outcome = await press(control, () => act(chair, 'chart', body), refusal)
  if (outcome?.ok) write(said, t`Charted: ${wordsOf({ term: '', severity: '', text: '', ...body })}`)
  return outcome
}

const lastWords = (one, at) => (one ? `${initialsOf(one.by)} ${ago(at - one.at)}` : '')
/** Sets a hint only where it differs. */
const tell = (element, title) => element.title !== title && (element.title = title)

const lastTitle = (one) => (one ? `${wordsOf(one)}, ${one.by}, ${hour(one.at)}` : t('Not charted yet'))

/** A row of levels, the level charted last marked: {element, update(session, at)}. */
function makeScale({ code, low, high, words }, chart, hint) {
  const [, short] = SCALES.find(([known]) => known === code)
  const levels = Array.from({ length: high - low + 1 }, (_, index) => (code === 'moaas' ? high - index : low + index))
  const meaning = (level) => [`${short} ${level}`, t(words[level] ?? '')].filter(Boolean).join(': ')
  const buttons = levels.map((level) => {
    const control = make('button.level', { type: 'button', title: meaning(level), 'aria-label': meaning(level) }, make('b', {}, String(level)))
    if (levels.length < 5 && words[level]) control.append(make('small', { 'aria-hidden': 'true' }, t(words[level])))
    control.addEventListener('click', () => chart(control, { kind: code, level }))
    for (const near of ['pointerenter', 'focus']) control.addEventListener(near, () => write(hint, meaning(level)))
    for (const away of ['pointerleave', 'blur']) control.addEventListener(away, () => write(hint, ''))
    return control
  })
  const last = make('span.last')
  const row = make('div.levels', { role: 'group', 'aria-label': short }, buttons)
  row.style.setProperty('--levels', levels.length)
  const element = make('div.scale', {}, make('p', {}, make('b', {}, short), last), row)
  element.dataset.scale = code
  const update = (session, at) => {
    const newest = lastOf(session, code)
    write(last, lastWords(newest, at))
    tell(last, lastTitle(newest))
    const isFresh = Boolean(newest) && at - newest.at < FRESH_US
    const looks = `${newest?.level} ${isFresh}`
    if (row.dataset.looks === looks) return
    row.dataset.looks = looks
    buttons.forEach((control, index) => {
      const isLast = newest?.level === levels[index]
      control.dataset.age = isLast ? (isFresh ? 'fresh' : 'old') : ''
      control.setAttribute('aria-pressed', String(isLast))
    })
  }
  return { element, update }
}

/** Side effects that go on, each with what ends it. */
function showOngoing(list, session, at, chart) {
  const make_ = (one) => {
    const over = button('outlined', t('Over'), () => chart(over, { kind: 'side_effect', term: one.term, severity: 'none' }))
    over.setAttribute('aria-label', t`${t(one.term)} is over`)
    return make('li', {}, make('span'), make('small'), over)
  }
  keyed(list, ongoing(session), ({ term }) => term, make_, (row, one) => {
    write(row.firstChild, capital(wordsOf(one)))
    write(row.children[1], lastWords(one, at))
    tell(row, [lastTitle(one), one.text].filter(Boolean).join(': '))
  })
}

/** What needs more than a level: each opens a sheet, and tells what was charted last. */
function makeDoors(chair, said) {
  const door = (label, kind, mark, open) => {
    const last = make('small')
    const element = make('button.button.outlined.door', { type: 'button' }, icon(mark), make('span', {}, label, last))
    element.addEventListener('click', () => open(chair, () => write(said, t('Charted.'))))
    element.dataset.kind = kind
    return { element, last, kind }
  }
  const doors = [
    door(t('Side effect'), 'side_effect', 'plus', openSideEffect),
    door(t('Drug given'), 'drug', 'drug', openDrug),
    door(t('Line site'), 'line_site', 'infusion', (id, told) => openState(id, told, 'line_site')),
    door(t('Pump'), 'pump', 'plug', (id, told) => openState(id, told, 'pump')),
    door(t('Note'), 'note', 'pencil', openNote),
    door(t('More'), 'cuff_arm', 'chevron', openMore),
  ]
  const update = (session, at) => {
    for (const { element, last, kind } of doors) {
      const newest = lastOf(session, kind)
      const brief = newest && (kind === 'note' ? '' : kind === 'cuff_arm' ? ARMS[newest.term] : t(newest.term))
      write(last, newest ? [brief, lastWords(newest, at)].filter(Boolean).join(' · ') : '')
      tell(element, lastTitle(newest))
    }
  }
  return { elements: doors.map(({ element }) => element), update }
}

/** One tap asks, the second marks, in the same place. The mark stands in the record and on the page; it calls nobody, and says so. */
function makeEmergency(chart, said) {
  const word = make('span', { 'data-also': t('to mark. Calls nobody.') }, t('Emergency mark'))
  const element = make('button.button.outlined.emergency', { type: 'button', title: t('A mark in the record. It calls nobody.') }, icon('flag'), word)
  let [armedAt, waiting] = [0, 0]
  const disarm = () => {
    clearTimeout(waiting)
    armedAt = 0
    element.classList.remove('light')
    write(word, t('Emergency mark'))
    if (said.textContent === ARMED) write(said, '')
  }
  const arm = () => {
    armedAt = performance.now()
    element.classList.add('light')
    write(word, t('Tap again'))
    write(said, ARMED)
    waiting = setTimeout(disarm, ARMED_MS)
  }
  element.addEventListener('click', () => {
    if (!armedAt) return arm()
    if (performance.now() - armedAt < SETTLE_MS) return undefined
    disarm()
    return chart(element, { kind: 'emergency' })
  })
  return { element, end: disarm }
}
