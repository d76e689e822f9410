// Live rewind: the waves of any moment of the running session, in the place of the live ones. It can never be taken for live:
// a frame, grey curves, and NOT LIVE with its age above them. Numbers and alerts beside it stay live. One tap leads back, and it
// goes back by itself when nobody has touched it for two minutes.

import { button, make, write } from './make.js'
import { makeWaveView } from './reviewwaves.js'
import { now, state, subscribe } from './stream.js'
import { t } from './text.js'
import { ago } from './words.js'

const ALONE_MS = 120_000
const listeners = new Set() // {chair, listener}
const views = new Map() // chair → {show(at), end()}

function tell(chair, mark) {
  for (const one of listeners) if (one.chair === chair) one.listener(mark)
}

/** Calls `listener({at, from, until})` when the waves of a past moment of the chair are shown, `listener(null)` when they are live again. */
export function onRewind(chair, listener) {
  const one = { chair, listener }
  listeners.add(one)
  return () => listeners.delete(one)
}

/** Shows the waves of `at` in the chair's page. */
export const rewindTo = (chair, at) => views.get(chair)?.show(at)

/** The place over the chair's live waves: {element, remove()}. It is empty while they are live. */
export function makeRewind(chair) {
  const element = make('section.rewind', { hidden: true, 'aria-label': t('Waves of the past, not live') })
  let view = null
  let touched = 0
  const age = make('span.rewind-age')
  const live = button('light', t('Back to live'), () => end(), 'play')
  const banner = make('p.rewind-banner', { role: 'status' }, make('strong', {}, t('NOT LIVE')), age)

  function show(at) {
    const session = state.chairs.get(chair)?.session
    if (!session) return
    touched = performance.now()
    if (view?.session !== session.id) open(session)
    view.waves.play(false)
    view.waves.show(at)
    if (element.hidden) {
      element.hidden = false
      live.focus({ preventScroll: true })
      element.scrollIntoView({ block: innerWidth < 1100 ? 'center' : 'nearest' }) // on a phone the axis is far below
    }
    tick()
  }

  function open(session) {
    close()
    const bounds = () => [session.admitted_at, now()]
    const waves = makeWaveView({ session: session.id, bounds, onMoment: (mark) => told(mark), label: t('Moment'), grey: true })
    view = { session: session.id, waves }
    element.replaceChildren(make('div.rewind-head', {}, banner, live), waves.element)
  }

  function told(mark) {
    tick()
    if (!element.hidden) tell(chair, mark)
  }

  function tick() {
    if (!view || view.waves.at() === null) return
    write(age, t`${ago(now() - view.waves.at())} ago`)
    const alone = performance.now() - touched > ALONE_MS && !view.waves.playing()
    if (alone || state.chairs.get(chair)?.session?.id !== view.session) end()
  }

  function close() {
    view?.waves.remove()
    view = null
  }

  function end() {
    element.hidden = true
    close()
    element.replaceChildren()
    tell(chair, null)
  }

  for (const event of ['pointerdown', 'keydown']) element.addEventListener(event, () => (touched = performance.now()))
  element.addEventListener('keydown', (event) => event.key === 'Escape' && end())
  const ticking = setInterval(tick, 500)
  const leave = subscribe((event) => event === 'link' && tick())
  views.set(chair, { show, end })
  return {
    element,
    remove() {
      clearInterval(ticking)
      leave()
      end()
      views.delete(chair)
    },
  }
}
