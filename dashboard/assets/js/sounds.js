// Sounds the alarm bursts: of all chairs the highest priority alone, whole bursts ahead on the audio clock.
// Decides no alert: it plays what the server says is sounding, where no audio pause stands. Whether anyone hears it,
// only ears can tell (the shift page asks them). What was escalated to this screen has the second sound; the alerts of a chair that
// are told as one sound as one.

import { actor } from './actions.js'
import { duration, every, render } from './bursts.js'
import { isEscalatedTo } from './model.js'
import { lost, now, state, subscribe } from './stream.js'
import { t } from './text.js'
import { MARKS } from './words.js'

const AHEAD_S = 1.5 // how far bursts are scheduled ahead: the page is woken by a beat each second
const SOON_S = 0.05
const FADE_S = 0.02
const LOGGED = 100
const RANK = { high: 3, medium: 2, low: 1 }

const scheduled = (window.__vigilSounds ??= []) // what was scheduled, for tests; `begins` on the audio clock
const listeners = new Set()
let context = null
let buffers = {}
let playing = [] // bursts under way or ahead: {source, gain, begins, ends}
let current = null // {priority, second} that sounds now
let nextAt = 0 // on the audio clock
let heard = new Set() // alerts that have had a burst
let told = ''

/** 'running', 'locked' (a tap is needed) or 'missing' (this browser has no audio). */
export function soundState() {
  if (!('AudioContext' in window)) return 'missing'
  return context?.state === 'running' ? 'running' : 'locked'
}

export const soundReady = () => soundState() === 'running'

/** Calls `listener(soundState)` at once and whenever it changes; gives back how to end that. */
export function onSoundState(listener) {
  listeners.add(listener)
  listener(soundState())
  return () => listeners.delete(listener)
}

function tell() {
  if (told === soundState()) return
  told = soundState()
  listeners.forEach((listener) => listener(told))
}

function open() {
  if (context || !('AudioContext' in window)) return
  context = new AudioContext({ latencyHint: 'interactive' })
  context.addEventListener('statechange', () => {
    tell()
    keepUp()
  })
}

/** Call from within a tap or key: browsers let nothing sound before one. */
export async function unlock() {
  open()
  if (context?.state !== 'running') await context?.resume().catch(() => undefined)
  tell()
  keepUp()
  return soundReady()
}

const bufferOf = (priority, second) => (buffers[priority + second] ??= makeBuffer(priority, second))

function makeBuffer(priority, second) {
  const samples = render(priority, context.sampleRate, second)
  const buffer = context.createBuffer(1, samples.length, context.sampleRate)
  buffer.copyToChannel(samples, 0)
  return buffer
}

function play(priority, begins, second = false) {
  const source = context.createBufferSource()
  const gain = context.createGain()
  source.buffer = bufferOf(priority, second)
  source.connect(gain).connect(context.destination)
  source.start(begins)
  return { source, gain, begins, ends: begins + duration(priority) }
}

function silence(bursts) {
  const at = context.currentTime
  for (const { source, gain } of bursts) {
    gain.gain.setValueAtTime(1, at)
    gain.gain.linearRampToValueAtTime(0, at + FADE_S)
    source.stop(at + FADE_S)
  }
}

const alertsOf = (chair) => chair.alerts.filter((alert) => alert.state !== 'ended')
const isQuiet = (chair) => chair.audio_paused_until !== null && chair.audio_paused_until > now()

/** What should sound now: {priority, second, chairs, alerts}, or null. No server, no chairs: high, for nothing can be known. */
export function wanted() {
  if (lost()) return { priority: 'high', second: false, chairs: [], alerts: ['no connection'] }
  const sounding = [...state.chairs.values()]
    .filter((chair) => !isQuiet(chair))
    .flatMap((chair) => alertsOf(chair).filter((alert) => alert.sounding))
  if (!sounding.length) return null
  const priority = sounding.reduce((top, { priority: p }) => (RANK[p] > RANK[top] ? p : top), 'low')
  const these = sounding.filter((alert) => alert.priority === priority)
  const second = these.some((alert) => isEscalatedTo(alert, actor?.role))
  return { priority, second, chairs: [...new Set(these.map((alert) => alert.chair))], alerts: these.map(soundOf) }
}

/** What an alert sounds as: the alerts of a group as one, so that each new one does not sound anew. */
function soundOf({ id, chair }) {
  const { group } = state.chairs.get(chair) ?? {}
  return group?.alerts.includes(id) ? `group of ${chair}` : id
}

/** What sounds now and in how many real seconds its next burst comes, or null. */
export function soundingNow() {
  const want = soundReady() ? wanted() : null
  return want && { ...want, next_s: Math.max(0, upcoming() - context.currentTime) }
}

const upcoming = () => playing.find((burst) => burst.begins > context.currentTime)?.begins ?? nextAt

function change(want) {
  silence(playing)
  playing = []
  heard = new Set()
  current = want && { priority: want.priority, second: want.second }
  nextAt = context.currentTime + SOON_S
}

/** A new alert is heard as soon as the burst under way ends, not a whole interval later. */
function admitNew(want) {
  if (want.alerts.every((id) => heard.has(id))) return
  const ahead = playing.filter((burst) => burst.begins > context.currentTime)
  silence(ahead)
  playing = playing.filter((burst) => !ahead.includes(burst))
  nextAt = Math.max(context.currentTime + SOON_S, playing.at(-1)?.ends ?? 0)
}

function schedule(want) {
  const { currentTime } = context
  nextAt = Math.max(nextAt, currentTime + SOON_S)
  while (nextAt < currentTime + AHEAD_S) {
    playing.push(play(current.priority, nextAt, current.second))
    scheduled.push({ ...current, chairs: want.chairs, begins: nextAt, at: now() + Math.round((nextAt - currentTime) * 1e6) })
    nextAt += every(current.priority, current.second)
  }
  scheduled.splice(0, Math.max(0, scheduled.length - LOGGED))
  heard = new Set(want.alerts)
}

/** Brings what sounds into line with what should; called on every message, beat and return of the page. */
export function keepUp() {
  badge()
  if (!soundReady()) return
  const want = wanted()
  playing = playing.filter((burst) => burst.ends > context.currentTime)
  if (want?.priority !== current?.priority || want?.second !== current?.second) change(want)
  if (!want) return
  admitNew(want)
  schedule(want)
}

/** Plays one burst by itself, for the test at the start of a shift. Gives back how long it lasts, s. */
export function playTest(priority) {
  play(priority, context.currentTime + SOON_S)
  return duration(priority) + SOON_S
}

/** The tab tells the highest priority that nobody has acknowledged, and how many of it. */
function badge() {
  const open = [...state.chairs.values()].flatMap(alertsOf).filter((alert) => alert.state !== 'acknowledged')
  const top = ['high', 'medium', 'low'].find((priority) => open.some((alert) => alert.priority === priority))
  const plain = document.title.replace(/^\(!+ \d+\) /, '')
  const title = top ? `(${MARKS[top]} ${open.filter((alert) => alert.priority === top).length}) ${plain}` : plain
  if (title !== document.title) document.title = title
}

/** Begins to listen: to the store, to the page's return, and for any gesture that unlocks the sound. */
export function startSounds() {
  open()
  subscribe(keepUp)
  setInterval(keepUp, 1000)
  document.addEventListener('visibilitychange', keepUp)
  for (const gesture of ['pointerup', 'keydown']) document.addEventListener(gesture, () => soundReady() || unlock(), true)
}
