// What stands over everything when the line to the server is lost: no value at all, only what was true of each chair, in
// words, with the time it was known. It goes away by itself when beats come again.

import { eachFrame } from './frames.js'
import { icon } from './icons.js'
import { make, write } from './make.js'
import { openAlerts } from './model.js'
import { soundReady } from './sounds.js'
import { now, shown, state, subscribe } from './stream.js'
import { t } from './text.js'
import { blockOf, phaseOf } from './tiles.js'
import { clock, hourMinute, mg, minutes, PHASES, PRIORITIES, rate } from './words.js'

const ordinal = (n) => [t`${n}th`, t`${n}st`, t`${n}nd`, t`${n}rd`][n % 100 > 10 && n % 100 < 14 ? 0 : n % 10] ?? t`${n}th`
const at = (instant) => hourMinute(shown(instant), state.zone)

/** Fills `host`, which shows itself as long as the line is lost. */
export function mountCover(host) {
  host.setAttribute('popover', 'manual')
  host.setAttribute('role', 'alert')
  const [without, said, known, sound, time] = ['b', 'p', 'p.known', 'span', 'span.time'].map((what) => make(what))
  const chairs = make('ul.chairs')
  host.append(
    make('div.band', {}, icon('offline'), make('div', {}, make('h1', {}, t('NO CONNECTION')), make('h2', {}, t('Look at the bedside monitor.'))), make('div.without', {}, without, make('span', {}, t('without data')))),
    make('div.rest', {}, make('p.first', {}, t('Monitoring is lost: this screen shows no live values.')), said, known, chairs),
    make('div.foot', {}, sound, make('span', {}, t('Other screens may still be alive')), time),
  )
  let ending = null

  function tick() {
    write(without, state.heardAt ? minutes(Math.max(0, (now() - state.heardAt) / state.speed)) : '–:––')
    write(said, sentence())
    write(sound, soundReady() ? t('This screen is sounding its own loss tone') : t('This screen cannot sound: nobody has started its sound'))
    write(time, t`Clock of this screen ${clock(Date.now() * 1000, state.zone)}`)
  }

  function show() {
    write(known, state.heardAt ? t`Known at ${clock(shown(state.heardAt), state.zone)}, no longer watched here` : '')
    chairs.replaceChildren(...[...state.chairs.values()].filter(({ known: told }) => told).map(card))
    host.showPopover()
    ending = eachFrame(tick)
    document.documentElement.dataset.link = 'lost'
    tick()
  }

  function hide() {
    ending?.()
    ending = null
    host.hidePopover()
    document.documentElement.dataset.link = 'live'
  }

  subscribe((event, link) => {
    if (event !== 'link') return
    if (link === 'lost' && !ending) show()
    if (link !== 'lost' && ending) hide()
  })
}

function sentence() {
  if (state.why === 'late') return t('What arrives here is several seconds old. The line or this computer is too slow.')
  const heard = state.heardAt ? t`Last heard from the server at ${clock(shown(state.heardAt), state.zone)}.` : t('Nothing was heard from the server yet.')
  const wait = Math.max(0, Math.ceil((state.retryAt - performance.now()) / 1000))
  const trying = wait ? t`Trying again, ${ordinal(state.tries)} try, next in ${wait} s.` : t`Trying again, ${ordinal(state.tries)} try.`
  return [heard, state.tries ? trying : '', t('Recording may go on; that is not known here.')].filter(Boolean).join(' ')
}

function card(chair) {
  const { session } = chair
  const phase = phaseOf(chair)
  const patient = session && phase !== 'closed' ? [session.patient.initials, session.patient.birth_year].filter(Boolean).join(' ') : ''
  const [first] = openAlerts(chair)
  const open = first ? t`${PRIORITIES[first.priority].toLowerCase()} alert open${first.kind === 'technical' ? `: ${t(first.text)}` : ''}` : ''
  return make(
    'li', {},
    make('div.top', {}, make('b.block', {}, blockOf(chair)), make('span.who', {}, patient || chair.name)),
    make('p.phase', {}, icon(phase), make('span', {}, PHASES[phase])),
    make('p', {}, sessionWords(session, phase)),
    make('p.open', {}, open),
  )
}

function sessionWords(session, phase) {
  if (phase === 'infusing' && session.planned_end_at) return t`planned end ${at(session.planned_end_at)} · ${rate(session.rate_mg_h)} mg/h`
  if (phase === 'paused') return t`paused at ${at(session.paused_at)}`
  if (phase === 'recovery') return t`stopped ${at(session.stopped_at)} · given ${mg(session.dose_mg)} mg`
  return phase === 'planned' ? t('not started') : ''
}
