// What a trial of other limits says, in numbers and sentences. Pure.

import { t } from './text.js'
import { MARKS } from './words.js'

export const PRIORITIES = ['high', 'medium', 'low']

/** Sums over all sessions that were worked out: priority → {recorded: {alerts, sounds}, changed: {…}}. */
export function sumsOf(results) {
  const zero = () => ({ alerts: 0, sounds: 0 })
  const sums = Object.fromEntries(PRIORITIES.map((priority) => [priority, { recorded: zero(), changed: zero() }]))
  for (const result of results.filter(({ error }) => !error)) {
    for (const priority of PRIORITIES) {
      for (const side of ['recorded', 'changed']) {
        for (const what of ['alerts', 'sounds']) sums[priority][side][what] += result[side][priority][what]
      }
    }
  }
  return sums
}

/** Minutes of the infusion: "12.4 min"; before its start with a minus. */
export const minute = (seconds) => `${seconds < 0 ? '−' : ''}${(Math.abs(seconds) / 60).toFixed(1)}`

/** What differs between the sides of a session: what would come new, go away, or be told otherwise. */
export function differencesOf({ rows }) {
  const found = []
  for (const [before, after] of rows) {
    if (!before) found.push({ kind: 'new', at: after.began_s, alert: after })
    else if (!after) found.push({ kind: 'gone', at: before.began_s, alert: before })
    else if (movedBy(before, after)) found.push({ kind: 'moved', at: before.began_s, alert: before, other: after, how: movedBy(before, after) })
  }
  return found.sort((a, b) => a.at - b.at)
}

function movedBy(before, after) {
  const parts = []
  if (before.priority !== after.priority) parts.push(`${MARKS[before.priority]} → ${MARKS[after.priority]}`)
  const later = after.began_s - before.began_s
  if (Math.abs(later) >= 1) parts.push(later > 0 ? t`${later.toFixed(0)} s later` : t`${(-later).toFixed(0)} s earlier`)
  if (before.sounded !== after.sounded) parts.push(t`sounds ${before.sounded} × → ${after.sounded} ×`)
  return parts.join(', ')
}

/** All numbers of a pre-set with what a draft changes of them, as a trial takes them: nothing of the recorded ones is left. */
export function triedNumbers({ limits, delays, settings }, draft, { keyOf, delayKey, settingKey, plain }) {
  return {
    limits: Object.fromEntries(limits.map((one) => [keyOf(one), plain(draft.get(keyOf(one)) ?? one.value)])),
    delays: Object.fromEntries(delays.map((one) => [keyOf(one), Number(draft.get(delayKey(one)) ?? one.value)])),
    settings: Object.fromEntries(settings.map((one) => [one.code, plain(draft.get(settingKey(one)) ?? one.value)])),
  }
}
