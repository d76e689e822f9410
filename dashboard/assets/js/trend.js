// The trend: all vitals on one axis of infusion minutes. Of a chair it is refilled from the API, then kept by the live line; of a
// session under review it is what the reviewer hands in. What holds still is drawn at most once a second and when looked at
// otherwise, the cursor on a canvas of its own.

import { read } from './actions.js'
import { make, write } from './make.js'
import { onRewind, rewindTo } from './rewind.js'
import { now, shown, state, subscribe } from './stream.js'
import { t } from './text.js'
import { alertsOf, emptyHistory, refill, takeChair, takeChanges } from './trenddata.js'
import { columnsOf, makeDetail } from './trenddetail.js'
import { alertLabel } from './trendbars.js'
import { drawStill } from './trenddraw.js'
import { atOf, inRows, lanes, sizes, wholeView, xOf } from './trendlayout.js'
import { font, readColours } from './trendpen.js'
import { drawMark, drawValues, inWords } from './trendvalues.js'
import { hour, hourAndSecond } from './walltime.js'

const MINUTE = 60e6
const MOST_ROWS = 4
const SAID_MS = 10_000 // the words for a screen reader, while nobody moves the cursor
const RENEW_MS = 250 // the margin's present values, where readings come quicker
const EARLY_MS = 3000
const NARROWEST = 2 * MINUTE
const WIDEST = 12 * 60 * MINUTE

/** Shows the trend of the chair in `place` until the function given back is called. */
export function mountTrend(place) {
  const { chair } = place.dataset
  const offer = makeOffer(chair)
  const detail = makeDetail((query) => read(`chairs/${encodeURIComponent(chair)}/trend?${query}`))
  const opened = openTrend(place, {
    name: chair,
    now,
    whole: wholeView,
    onMoment: (at) => offer.show(at),
    onLook: (view) => detail.look(view, trend.history, opened.redraw),
  })
  const { trend } = opened
  Object.assign(trend, { chair, session: undefined, detail })
  place.append(offer.element)
  const leave = subscribe((event, detail) => take(trend, event, detail))
  const stay = onRewind(chair, (mark) => {
    trend.mark = mark
    offer.follow(mark)
    drawTop(trend)
  })
  const known = state.chairs.get(chair)
  if (known?.known) begin(trend, known)
  return () => {
    leave()
    stay()
    detail.end()
    opened.end()
  }
}

/** What a tap on the axis offers: the waves of that moment. Nothing is turned back by a tap alone, for waves must stay live. */
function makeOffer(chair) {
  const words = make('span')
  let moment = null
  let rewound = false
  const element = make('button.trend-moment', { type: 'button', hidden: true, onclick: () => rewindTo(chair, moment) }, words)
  const show = (at) => {
    const sits = state.chairs.get(chair)?.session
    moment = at
    element.hidden = at === null || rewound || !sits || sits.phase === 'closed' || at < sits.admitted_at
    if (at === null) return
    write(words, t`Waves of ${hourAndSecond(at)}`)
    if (rewound) rewindTo(chair, at)
  }
  const follow = (mark) => {
    rewound = mark !== null
    element.hidden = true
  }
  return { element, show, follow }
}

/**
 * Opens an axis in `place`: {trend, redraw(), end()}. `now()` is where it ends, `whole(session, now, narrow)` what of it is in view at first,
 * `onMoment(at)` is told where somebody tapped (null: the cursor went away), `onLook(view)` when the view was moved. `past`: the
 * margin shows the values at the marked moment, not at the end.
 */
export function openTrend(place, { name, now: present, whole, onMoment = () => undefined, onLook = () => undefined, past = false }) {
  const trend = Object.assign(makeTrend(name), { place, now: present, whole, onMoment, onLook, past })
  place.replaceChildren(trend.follow, trend.still, trend.top, trend.words)
  const watching = new ResizeObserver(() => resize(trend, place))
  watching.observe(place)
  const themed = new MutationObserver(() => redraw(trend))
  themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  listen(trend)
  const ticking = setInterval(() => renew(trend), 1000)
  const end = () => {
    trend.gone = true
    clearInterval(ticking)
    watching.disconnect()
    themed.disconnect()
  }
  return { trend, redraw: () => redraw(trend), redrawTop: () => drawTop(trend), end }
}

function makeTrend(name) {
  const words = make('p.trend-words', { id: `trend-words-${name}` })
  const follow = make('button.trend-follow', { type: 'button', 'aria-pressed': 'true' }, t('Follow'))
  const top = make('canvas.trend-top', {
    tabIndex: 0,
    role: 'img',
    'aria-label': t('Trend against infusion minutes'),
    'aria-describedby': words.id,
  })
  const still = make('canvas.trend-still', { 'aria-hidden': 'true' })
  return {
    words,
    follow,
    top,
    still,
    history: emptyHistory(),
    chosen: null,
    cursor: null,
    mark: null, // {at, from, until}: the moment whose waves are shown
    scene: null,
    said: -Infinity,
    valued: 0,
    awaited: null,
    gone: false,
  }
}

/** Takes the chair as a snapshot shows it, and fetches its past. */
function begin(trend, chair) {
  const id = chair.session?.id ?? null
  if (trend.session !== id) Object.assign(trend, { history: emptyHistory(), chosen: null, cursor: null, session: id })
  takeChair(trend.history, chair)
  redraw(trend)
  fetchPast(trend, chair)
}

const sits = (session) => session && session.phase !== 'closed'

function pastOf({ id, session }) {
  const since = sits(session) ? Math.max(session.admitted_at, now() - WIDEST + MINUTE) : now() - 32 * MINUTE
  return `chairs/${encodeURIComponent(id)}/trend?since=${Math.floor(since)}&columns=${columnsOf()}`
}

let early = null // {path, at, answer}: the past of the chair to which somebody is on the way

/** Asks for the past of a chair whose page is about to be shown. */
export function expectTrend(chair) {
  const known = state.chairs.get(chair)
  if (!sits(known?.session)) return
  const path = pastOf(known)
  early = { path, at: performance.now(), answer: read(path) }
}

/** What was asked for a moment ago is not asked for again. */
function readPast(path) {
  const taken = early?.path === path && performance.now() - early.at < EARLY_MS ? early.answer : read(path)
  early = null
  return taken
}

async function fetchPast(trend, { id, session }) {
  const past = await readPast(pastOf({ id, session }))
  if (!past || trend.gone || trend.session !== (session?.id ?? null)) return
  refill(trend.history, past)
  trend.detail.begin(past)
  trend.said = -Infinity
  redraw(trend)
  if (trend.chosen) trend.onLook(trend.chosen)
  trend.place.dataset.past = past.step_s // so many seconds are a step in what is shown of it
}

function take(trend, event, detail) {
  if (event !== 'chair' || detail.chair.id !== trend.chair) return
  const { chair, changes } = detail
  if (!changes || (chair.session?.id ?? null) !== trend.session) return begin(trend, chair)
  takeChanges(trend.history, changes)
  if (trend.cursor === null && performance.now() - trend.valued > RENEW_MS) drawTop(trend)
  if (changes.some(({ type }) => ['session', 'alert', 'limits'].includes(type))) {
    takeChair(trend.history, chair)
    redraw(trend)
  }
}

function resize(trend, place) {
  const zoom = (trend.zoom = place.currentCSSZoom ?? 1)
  const [width, height] = [place.clientWidth, place.clientHeight]
  const ratio = devicePixelRatio * zoom
  for (const canvas of [trend.still, trend.top]) {
    canvas.width = Math.round(width * ratio)
    canvas.height = Math.round(height * ratio)
    canvas.getContext('2d').setTransform(ratio, 0, 0, ratio, 0, 0)
  }
  trend.size = width > 120 && height > 120 ? sizes(width, height) : null
  redraw(trend)
}

function viewOf({ chosen, history, now: present, size, whole }) {
  return chosen ?? whole(history.session, present(), size.narrow)
}

function makeScene(trend) {
  const { history, size } = trend
  const view = viewOf(trend)
  const colours = readColours(trend.top)
  const scene = { history, view, size, colours, now: trend.now(), offset: shown(0), hour, exactly: hourAndSecond }
  scene.rows = alertRows(trend.still.getContext('2d'), scene)
  const used = scene.rows.reduce((most, { row }) => Math.max(most, row + 1), 1)
  scene.lanes = lanes(history, view, size, used)
  return scene
}

/** Each alert in view with its bar, its words beside it (right, else left, none on a phone), and its row. */
function alertRows(ctx, { colours, history, now: present, size, view }) {
  ctx.font = font(colours, 14, 600)
  const seen = alertsOf(history).filter(({ began, ended_at }) => began <= view.until && (ended_at ?? present) >= view.from)
  const spot = (alert) => {
    const x = Math.max(size.left, xOf(view, size, alert.began))
    const end = Math.max(x + 4, Math.min(size.right, xOf(view, size, alert.ended_at ?? present)))
    const tick = alert.acknowledged_at ? xOf(view, size, alert.acknowledged_at) : null
    const text = alertLabel(alert)
    const room = size.narrow ? null : ctx.measureText(text).width + 14
    const label = room === null ? null : end + room <= size.width - 4 ? 'right' : x - room >= size.left ? 'left' : null
    return { x, end, tick, text, label, from: label === 'left' ? x - room : x, until: label === 'right' ? end + room : end }
  }
  return inRows(seen, spot, MOST_ROWS)
}

/** Each second: the values, and all that holds still once the present has moved by half a pixel. */
function renew(trend) {
  if (!trend.scene || document.hidden) return redraw(trend)
  const { now: drawn, size, view } = trend.scene
  const moved = ((trend.now() - drawn) / (view.until - view.from)) * (size.right - size.left)
  if (moved >= 0.5) redraw(trend)
  else drawTop(trend)
}

/** Draws all; nothing while it cannot be seen. */
function redraw(trend) {
  if (trend.gone || !trend.size || document.hidden || !trend.history) return
  trend.scene = makeScene(trend)
  drawStill(trend.still.getContext('2d'), trend.scene)
  drawTop(trend)
  trend.follow.setAttribute('aria-pressed', String(!trend.chosen))
  if (performance.now() - trend.said < SAID_MS && trend.cursor === null) return
  trend.said = performance.now()
  tellWords(trend)
}

function tellWords(trend) {
  const at = cursorOf(trend)
  write(trend.words, inWords(trend.history, at ?? trend.now(), hour, at === null && !trend.past))
}

/** The moment whose values stand in the margin; null: the present. */
const cursorOf = ({ cursor, mark, past }) => cursor ?? (past ? (mark?.at ?? null) : null)

function drawTop(trend) {
  if (!trend.scene) return
  trend.valued = performance.now()
  const scene = { ...trend.scene, now: trend.now() }
  const ctx = trend.top.getContext('2d')
  drawValues(ctx, scene, cursorOf(trend))
  if (trend.mark) drawMark(ctx, scene, trend.mark)
}

function point(trend, at) {
  trend.cursor = at === null || at > trend.now() ? null : Math.max(at, trend.scene.view.from)
  drawTop(trend)
}

/** Zooms by `factor` about a time, or moves; keeps inside sensible spans. */
function look(trend, about, factor, shift = 0) {
  const { from, until } = viewOf(trend)
  const span = Math.min(WIDEST, Math.max(NARROWEST, (until - from) * factor))
  const start = about - ((about - from) / (until - from)) * span + shift
  trend.chosen = { from: start, until: start + span }
  trend.onLook(trend.chosen)
  redrawSoon(trend)
}

/** With the next frame: fingers and wheels tell more often than that. */
function redrawSoon(trend) {
  trend.awaited ??= requestAnimationFrame(() => {
    trend.awaited = null
    redraw(trend)
  })
}

function followAgain(trend) {
  trend.chosen = null
  trend.cursor = null
  trend.onMoment(null)
  redraw(trend)
}

const scrolls = (element) => {
  for (let parent = element.parentElement; parent; parent = parent.parentElement) {
    if (parent.scrollHeight > parent.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(parent).overflowY)) return true
  }
  return false
}

/** In the page's own px, of which a large screen has more pixels for each. */
const xOfPointer = ({ zoom }, { clientX }) => clientX / zoom

function listen(trend) {
  const fingers = new Map()
  const atX = (x) => atOf(trend.scene.view, trend.size, x - trend.top.getBoundingClientRect().left / trend.zoom)
  trend.follow.addEventListener('click', () => followAgain(trend))
  trend.top.addEventListener('wheel', (event) => wheel(trend, event, atX), { passive: false })
  trend.top.addEventListener('pointerdown', (event) => {
    fingers.set(event.pointerId, { x: xOfPointer(trend, event), from: xOfPointer(trend, event) })
    trend.top.setPointerCapture(event.pointerId)
  })
  trend.top.addEventListener('pointermove', (event) => move(trend, fingers, event, atX))
  for (const end of ['pointerup', 'pointercancel']) trend.top.addEventListener(end, (event) => lift(trend, fingers, event, atX))
  trend.top.addEventListener('pointerleave', (event) => event.pointerType === 'mouse' && trend.scene && point(trend, null))
  trend.top.addEventListener('keydown', (event) => key(trend, event))
  trend.top.addEventListener('blur', () => trend.scene && point(trend, null))
}

function wheel(trend, event, atX) {
  if (!trend.scene || (!event.ctrlKey && scrolls(trend.top))) return
  event.preventDefault()
  if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    const { from, until } = trend.scene.view
    look(trend, from, 1, (event.deltaX * (until - from)) / (trend.size.right - trend.size.left))
  } else look(trend, atX(xOfPointer(trend, event)), Math.exp(event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)))
}

function move(trend, fingers, event, atX) {
  if (!trend.scene) return
  const finger = fingers.get(event.pointerId)
  if (!finger) {
    if (event.pointerType === 'mouse') point(trend, atX(xOfPointer(trend, event)))
    return
  }
  const before = finger.x
  finger.x = xOfPointer(trend, event)
  const perPixel = (trend.scene.view.until - trend.scene.view.from) / (trend.size.right - trend.size.left)
  const other = [...fingers.values()].find((one) => one !== finger)
  if (other)
    look(trend, atX((finger.x + other.x) / 2), Math.max(8, Math.abs(before - other.x)) / Math.max(8, Math.abs(finger.x - other.x)))
  else if (Math.abs(finger.x - finger.from) > 6) look(trend, trend.scene.view.from, 1, (before - finger.x) * perPixel)
}

/** A finger that did not move was a tap: the cursor goes there, or away when it stood there. */
function lift(trend, fingers, event, atX) {
  const finger = fingers.get(event.pointerId)
  fingers.delete(event.pointerId)
  if (!finger || !trend.scene || event.type === 'pointercancel' || Math.abs(finger.x - finger.from) > 6) return
  const at = atX(xOfPointer(trend, event))
  if (event.pointerType !== 'mouse') point(trend, trend.cursor === null || trend.past ? at : null)
  trend.onMoment(trend.cursor)
}

function key(trend, event) {
  if (!trend.scene) return
  const span = trend.scene.view.until - trend.scene.view.from
  const at = cursorOf(trend) ?? trend.now()
  const moves = {
    ArrowLeft: () => point(trend, at - span / 120),
    ArrowRight: () => point(trend, at + span / 120),
    '+': () => look(trend, at, 0.8),
    '-': () => look(trend, at, 1.25),
    Enter: () => trend.onMoment(trend.cursor),
    Escape: () => followAgain(trend),
  }
  if (!moves[event.key]) return
  event.preventDefault()
  moves[event.key]()
  tellWords(trend)
}
