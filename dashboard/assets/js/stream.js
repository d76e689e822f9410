// The live line to the server: one websocket, the state of all chairs, the server's clock. Draws nothing.
//
//   state.chairs.get('2')             the chair: fields of ChairView, and id, index, seq, ended, known
//   subscribe((event, detail) => …)   gives back how to end that. Events, each told the moment its message came:
//     'welcome' state · 'chair' {chair, changes | null} (null: a snapshot) · 'alerts' chair · 'beat' message · 'link' state.link
//   now()                             the server's time, µs · lost() whether nothing here can be trusted
//
// The websocket itself is held by behind.js, which keeps the curves to itself. A gap in `prev`, or a new line, is mended by
// asking for snapshots again.

import { ask, onAnswer } from './behind.js'
import { takeChanges, takeSnapshot, unknownChair } from './model.js'

const PROTOCOL = 1
const LOST_AFTER_MS = 3000 // without a beat, or with beats that come later than the best by as much
const MEND_MS = 5000 // a snapshot asked for that does not come: the line is opened anew
const DRIFT = 200e-6 // two clocks part by less than this

export const state = {
  link: 'connecting', // 'connecting' (nothing heard yet, for less than 3 s) · 'live' · 'lost'
  why: '',
  tries: 0,
  retryAt: 0,
  heardAt: 0, // server's time of the newest beat, µs
  clinic: '',
  zone: 'UTC',
  version: '',
  viewer: '',
  speed: 1,
  screens: { connected: 0, sounding: 0 },
  chairs: new Map(),
  waveforms: new Map(),
}

const subscribers = new Set()
const clock = { at: Date.now() * 1000, mark: performance.now(), known: false }
let lastBeat = performance.now()
let askedAt = 0
let late = false
let soundReady = () => false
let waves = true
const awaited = new Set() // chairs whose next snapshot is on its way

/** The server's time now, µs on its own timeline (demonstrations may run faster than life). */
export const now = () => Math.round(clock.at + (performance.now() - clock.mark) * 1000 * state.speed)

/** True while values on this page must not be believed. */
export const lost = () => state.link === 'lost'

/** What a clock on the wall shows for `at`, µs: the house's time and its offset. */
export const shown = (at) => at + ([...state.chairs.values()][0]?.offset_us ?? 0)

export function subscribe(subscriber) {
  subscribers.add(subscriber)
  return () => subscribers.delete(subscriber)
}

/** Says how to find out whether this page can sound an alarm now; told to the server each second. */
export const reportSound = (ready) => (soundReady = ready)

function tell(event, detail) {
  for (const subscriber of subscribers) {
    try {
      subscriber(event, detail)
    } catch (fault) {
      console.error(fault) // one view that fails must not blind the others
    }
  }
}

/** Opens the line; it opens itself again whenever it breaks. */
export function connect() {
  onAnswer('open', hello)
  onAnswer('text', ({ text }) => take(JSON.parse(text)))
  onAnswer('closed', ({ tries, wait }) => Object.assign(state, { tries, retryAt: performance.now() + wait }))
  ask({ type: 'connect', url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws` })
  setInterval(watch, 250)
}

const send = (message) => ask({ type: 'send', text: JSON.stringify(message) })

/** Says whether this page draws curves: those of tens of chairs are no small load for whom shows none. */
export function wantWaves(wanted) {
  if (wanted === waves) return
  waves = wanted
  if (state.heardAt) hello()
}

function hello() {
  awaited.clear()
  for (const id of state.chairs.keys()) awaited.add(id)
  askedAt = performance.now()
  send({ type: 'hello', protocol: PROTOCOL, chairs: null, waves })
}

function tellHouse(fresh) {
  const chairs = [...state.chairs.values()].map(({ id, index }) => [index, id])
  ask({ type: 'house', waveforms: [...state.waveforms.values()], chairs, speed: state.speed, fresh })
}

const take = (message) => TAKE[message.type]?.(message)

const TAKE = {
  welcome(message) {
    Object.assign(state, { clinic: message.clinic, zone: message.zone, version: message.version, viewer: message.viewer })
    clock.known = false
    setClock(message.now)
    keepChairs(message.chairs)
    state.waveforms = new Map(message.waveforms.map((waveform) => [waveform.number, waveform]))
    tellHouse(false)
    tell('welcome', state)
  },
  waveforms({ waveforms }) {
    state.waveforms = new Map(waveforms.map((waveform) => [waveform.number, waveform]))
    tellHouse(false)
  },
  snapshot(message) {
    const chair = state.chairs.get(message.chair)
    if (!chair) return
    awaited.delete(chair.id)
    takeSnapshot(chair, message)
    tell('chair', { chair, changes: null })
    tell('alerts', chair)
  },
  changes(message) {
    const chair = state.chairs.get(message.chair)
    if (!chair?.known || awaited.has(chair.id) || message.seq <= chair.seq) return
    if (message.prev !== chair.seq) return hello()
    takeChanges(chair, message)
    tell('chair', { chair, changes: message.changes })
    if (message.changes.some(({ type }) => type === 'alert' || type === 'audio_pause')) tell('alerts', chair)
  },
  beat(message) {
    if (message.speed !== state.speed) changeSpeed(message.speed)
    state.screens = message.screens
    late = setClock(message.at) > LOST_AFTER_MS * 1000
    lastBeat = performance.now()
    state.heardAt = message.at
    state.tries = 0
    send({ type: 'seen', beat: message.n, sound: soundReady(), visible: document.visibilityState === 'visible' })
    watch()
    tell('beat', message)
  },
  error: ({ sentence }) => console.warn(sentence),
}

function keepChairs(names) {
  const known = state.chairs
  state.chairs = new Map(names.map((name) => [name.id, Object.assign(known.get(name.id) ?? unknownChair(name), { index: name.index })]))
}

/** Sets the clock by a message stamped `at`: the quickest message of late is believed. Gives back how late this one came, µs. */
function setClock(at) {
  const mark = performance.now()
  const slack = clock.known ? DRIFT * (mark - clock.mark) * 1000 * state.speed : Infinity
  const ahead = at - (clock.at + (mark - clock.mark) * 1000 * state.speed)
  if (ahead < -slack) return -ahead / state.speed
  Object.assign(clock, { at, mark, known: true })
  return 0
}

function changeSpeed(speed) {
  clock.known = false
  state.speed = speed
  tellHouse(true)
}

/** Judges the line: told on every beat and four times a second. */
export function watch() {
  const silent = performance.now() - lastBeat
  const why = silent > LOST_AFTER_MS ? 'silent' : late ? 'late' : ''
  const link = why ? 'lost' : state.heardAt ? 'live' : 'connecting'
  if (awaited.size && performance.now() - askedAt > MEND_MS) giveUp()
  if (link === state.link && why === state.why) return
  Object.assign(state, { link, why })
  tell('link', link)
}

function giveUp() {
  askedAt = performance.now()
  ask({ type: 'giveUp' })
}
