// The start of a shift: somebody listens to the three sounds and says so, the screen is kept awake, and the page tells which
// screens can sound an alarm. A muted or too quiet computer cannot be found by software; only ears can.

import { actor, onActor } from './actions.js'
import { BURSTS, duration } from './bursts.js'
import { icon } from './icons.js'
import { button, make, write } from './make.js'
import { go } from './pages.js'
import { heard, markHeard } from './soundbar.js'
import { onSoundState, playTest, soundReady, unlock } from './sounds.js'
import { now, state, subscribe } from './stream.js'
import { t } from './text.js'
import { keepAwake, onWakeLock } from './wakelock.js'
import { hour } from './walltime.js'
import { MARKS, PRIORITIES, screensOf } from './words.js'

const BETWEEN_S = 0.7
const NOTES = { high: t('10 pulses, every 8 s'), medium: t('3 pulses, every 20 s'), low: t('1 pulse, every 30 s') }
const AILING = {
  locked: t('Sound is locked until somebody taps.'),
  missing: t('This browser has no sound. Use another screen for the alarms.'),
}

/** Fills `place` with the start of the shift until the function given back is called. */
export function mountShift(place) {
  const page = { timers: [], ends: [], answered: null }
  page.lanes = Object.fromEntries(['high', 'medium', 'low'].map((priority) => [priority, makeLane(priority)]))
  page.steps = [listenStep(page), awakeStep(page)]
  page.begin = button('light', '', () => begin(page))
  const note = make('p', {}, t('A muted or too quiet computer cannot be found by software. Only your ears can.'))
  const left = make('div.steps', {}, page.steps, make('footer', {}, note, page.begin))
  const title = make(
    'header',
    {},
    make('h1', {}, t('Can this screen be heard?')),
    make('p', {}, t('Two steps, about half a minute. Stand where you will stand.')),
  )
  place.replaceChildren(make('div.shift-page', {}, title, left, screensPart(page)))
  page.ends.push(
    onSoundState((sound) => showSound(page, sound)),
    onActor(() => showAnswer(page)),
  )
  showAnswer(page)
  return () => {
    page.timers.forEach(clearTimeout)
    page.ends.forEach((end) => end())
  }
}

function makeLane(priority) {
  const { pulses, length } = BURSTS[priority]
  const bars = pulses.map((start) =>
    make('i', { style: `left:calc(${start} * var(--second));width:calc(${length} * var(--second))` }),
  )
  const playing = make('span.aside')
  const element = make(
    'div.burst',
    { style: `--lasts:${duration(priority)}` },
    make('header', {}, make('b', {}, MARKS[priority]), PRIORITIES[priority], playing),
    make('div.pulses', {}, bars),
    make('small', {}, NOTES[priority]),
  )
  return { element, bars, playing }
}

function listenStep(page) {
  page.play = button('light', t('Listen'), () => playAll(page), 'play')
  page.sentence = make('p', {}, t('High, medium and low are played in turn.'))
  page.yes = button('light', t('I heard all three'), () => answer(page, true))
  page.no = button('raised', t('I heard nothing, or not all'), () => answer(page, false))
  const what = make('div.what', {}, make('h2', {}, t('Listen')), page.sentence)
  return make(
    'section.step.first',
    {},
    make('b.number', {}, '1'),
    what,
    page.play,
    make(
      'div.bursts',
      {},
      Object.values(page.lanes).map(({ element }) => element),
    ),
    make('div.answers', {}, page.yes, page.no),
  )
}

function awakeStep(page) {
  const sentence = make('p')
  const chip = make('span.chip')
  const ask = button('outlined', t('Ask again'), keepAwake)
  page.ends.push(
    onWakeLock(({ held, sentence: words }) => {
      write(sentence, words)
      write(chip, held ? t('held') : t('not held'))
      ask.hidden = held
    }),
  )
  const what = make('div.what', {}, make('h2', {}, t('Keep the screen awake')), sentence)
  return make('section.step', {}, make('b.number', {}, '2'), what, ask, chip)
}

async function playAll(page) {
  page.timers.forEach(clearTimeout)
  keepAwake()
  if (!(await unlock())) return showSound(page, 'locked')
  page.played = true
  let at = 0
  for (const priority of Object.keys(page.lanes)) {
    page.timers.push(setTimeout(() => playOne(page, priority), at * 1000))
    at += duration(priority) + BETWEEN_S
  }
  page.timers.push(setTimeout(() => showAnswer(page), at * 1000))
  showAnswer(page)
}

function playOne(page, priority) {
  const { bars, playing } = page.lanes[priority]
  playTest(priority)
  write(playing, t('playing'))
  BURSTS[priority].pulses.forEach((start, index) => {
    page.timers.push(setTimeout(() => bars[index].classList.add('sounded'), start * 1000))
  })
  page.timers.push(
    setTimeout(
      () => {
        write(playing, '')
        bars.forEach((bar) => bar.classList.remove('sounded'))
      },
      duration(priority) * 1000 + 300,
    ),
  )
}

function answer(page, all) {
  page.answered = all
  if (all) markHeard(now(), actor?.name ?? '')
  showAnswer(page)
}

function showSound(page, sound) {
  write(page.sentence, AILING[sound] ?? t('High, medium and low are played in turn.'))
  showAnswer(page)
}

function showAnswer(page) {
  if (!page.begin) return
  const done = heard()
  const label = page.begin.querySelector('span')
  page.yes.disabled = page.no.disabled = !page.played
  page.begin.disabled = !done || !soundReady()
  page.play.classList.toggle('light', !page.played)
  page.play.classList.toggle('outlined', Boolean(page.played))
  page.yes.classList.toggle('light', !done)
  page.yes.classList.toggle('raised', Boolean(done))
  page.begin.classList.toggle('light', !page.begin.disabled)
  write(label, page.begin.disabled ? t('Begin the shift, step 1 open') : t('Begin the shift'))
  write(page.play.querySelector('span'), page.played ? t('Play again') : t('Listen'))
  if (page.answered === false)
    write(
      page.sentence,
      t('Turn up the volume, look for headphones and the right output, then play again. Until then use another screen for alarms.'),
    )
  else if (done && soundReady()) write(page.sentence, done.by ? t`Heard at ${hour(done.at)} by ${done.by}.` : t`Heard at ${hour(done.at)}.`)
}

function begin() {
  keepAwake()
  go('/')
}

function screensPart(page) {
  const count = make('span.aside')
  const self = make('p')
  const all = make('b')
  const sounding = make('b')
  const note = make('p.note', {}, t('When no screen can sound an alarm, every screen says so.'))
  const row = (sign, words, value) => make('div.screen-row', {}, icon(sign), make('span', {}, words), value)
  const refresh = () => {
    const { connected, sounding: able } = state.screens
    write(count, t`${able} of ${connected}`)
    write(all, screensOf(connected))
    write(sounding, screensOf(able))
    write(self, soundReady() ? t('This screen can sound.') : t('This screen cannot sound yet.'))
  }
  refresh()
  page.ends.push(subscribe((event) => event === 'beat' && refresh()))
  const head = make('header', {}, icon('screen'), make('h2', {}, t('Who could sound an alarm now')), count)
  return make('section.screens', {}, head, row('screen', t('Connected'), all), row('speaker', t('Can sound'), sounding), self, note)
}
