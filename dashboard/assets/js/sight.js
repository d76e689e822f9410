// A page that nobody can see: its tab says so, and when it is back in view a bar tells for how long and what began meanwhile.
// Meanwhile the server does not count it among the screens that can sound an alarm.

import { make, write } from './make.js'
import { openAlerts } from './model.js'
import { now, state, subscribe } from './stream.js'
import { t } from './text.js'
import { ago, plural } from './words.js'

const LEAST_US = 10e6 // a glance at another tab is not worth a bar
const STAYS_MS = 60_000

/** Begins to watch whether this page can be seen. */
export function startSight() {
  const words = make('span')
  const close = make('button.button.light', { type: 'button', onclick: () => show(false) }, make('span', {}, t('Seen')))
  const bar = make('div.sight-bar', { role: 'status', hidden: true }, words, close)
  document.body.append(bar)
  let [since, waiting, plain] = [null, 0, '']

  function show(shows) {
    clearTimeout(waiting)
    bar.hidden = !shows
    document.documentElement.toggleAttribute('data-sight-bar', shows)
    if (shows) waiting = setTimeout(() => show(false), STAYS_MS)
  }

  function gone() {
    since = now()
    plain = document.title.replace(MARK, '')
    retitle()
  }

  function back() {
    const [from, lasted] = [since, (now() - since) / state.speed]
    since = null
    if (document.title.replace(MARK, '') === AWAY) document.title = markOf(document.title) + plain
    if (lasted < LEAST_US) return
    const began = [...state.chairs.values()].flatMap(openAlerts).filter((alert) => alert.began > from).length
    const meanwhile = began ? plural(began, t('1 alert began meanwhile.'), t`${began} alerts began meanwhile.`) : ''
    write(words, `${t`This page was out of sight for ${ago(lasted)}.`} ${meanwhile}`.trim())
    show(true)
  }

  const retitle = () => since !== null && (document.title = markOf(document.title) + AWAY)
  subscribe((event) => event === 'beat' && retitle())
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') since ?? gone()
    else if (since !== null) back()
  })
}

const AWAY = t('Out of sight – Vigil')
const MARK = /^\(!+ \d+\) /
const markOf = (title) => title.match(MARK)?.[0] ?? ''
