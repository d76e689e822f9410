// Keeps this screen awake while it shows patients. A browser may refuse, or take it back: then it says so in a sentence.

import { t } from './text.js'

const listeners = new Set()
let lock = null
let wished = false
let told = { wished: false, held: false, since: null, sentence: t('Not asked yet.') }

function tell(news) {
  told = { wished, ...news }
  listeners.forEach((listener) => listener(told))
}

/** Calls `listener({wished, held, since, sentence})` at once and on every change. */
export function onWakeLock(listener) {
  listeners.add(listener)
  listener(told)
  return () => listeners.delete(listener)
}

/** Asks the browser to keep the screen awake, now and whenever the page comes back into view. */
export async function keepAwake() {
  wished = true
  if (lock || document.visibilityState !== 'visible') return
  if (!('wakeLock' in navigator)) {
    tell({
      held: false,
      since: null,
      sentence: t('This browser cannot keep the screen awake. Set the computer so that it does not sleep.'),
    })
    return
  }
  try {
    lock = await navigator.wakeLock.request('screen')
    lock.addEventListener('release', release)
    tell({ held: true, since: new Date(), sentence: t('Asked of the browser and given. If it is taken back, this screen says so.') })
  } catch {
    tell({
      held: false,
      since: null,
      sentence: t('The browser refused: this screen may sleep. Set the computer so that it does not.'),
    })
  }
}

function release() {
  lock = null
  tell({ held: false, since: null, sentence: t('The browser took it back: this screen may sleep.') })
}

document.addEventListener('visibilitychange', () => wished && keepAwake())
