// The bar that stays while this screen cannot sound, on every page, and the note of when somebody last heard it.

import { icon } from './icons.js'
import { make, write } from './make.js'
import { onSoundState, unlock } from './sounds.js'
import { onWakeLock } from './wakelock.js'
import { go } from './pages.js'
import { t } from './text.js'

const SENTENCES = {
  locked: t('Sound is locked: tap Start shift.'),
  missing: t('This browser has no sound. Alerts are seen here, never heard.'),
}
const KEY = 'vigil-heard'

/** When and by whom all three sounds were heard on this screen: {at µs, by}, or null. Kept for this tab alone. */
export const heard = () => JSON.parse(sessionStorage.getItem(KEY) ?? 'null')
export const markHeard = (at, by) => sessionStorage.setItem(KEY, JSON.stringify({ at, by }))

/** Adds the bar to the page; it takes its room at the foot and gives it back. */
export function startSoundBar() {
  const words = make('span')
  const start = make('button.button.light', { type: 'button', onclick: startShift }, make('span', {}, t('Start shift')))
  const bar = make('div.sound-bar', { role: 'status', hidden: true }, icon('speakerOff'), words, start)
  document.body.append(bar)
  const show = (state) => {
    const shows = state !== 'running'
    write(words, SENTENCES[state] ?? '')
    start.hidden = state === 'missing'
    bar.hidden = !shows
    document.documentElement.toggleAttribute('data-sound-bar', shows)
  }
  onSoundState(show)
  onWakeLock(({ held }) => document.documentElement.toggleAttribute('data-awake', held))
}

async function startShift() {
  await unlock()
  go('/shift')
}
