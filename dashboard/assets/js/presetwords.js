// How limits, delays and protocols of the pre-set are written, for every page that shows them. Pure.

import { equal, exact, parse } from './dose.js'
import { NAMES } from './words.js'

const SIGNS = { '<': '<', '<=': '≤', '>': '>', '>=': '≥' }
export const STEPS = ['low', 'medium', 'high']
export const TIERS = { low: 'Low dose', pain: 'Pain dose', dissociative: 'Dissociative' }
export const UNITS = { dose: 'mg/kg', rate_by_weight: 'mg/kg/h', rate: 'mg/h' }
const AMOUNTS = { dose: 'dose_mg_kg', rate_by_weight: 'rate_mg_kg_h', rate: 'rate_mg_h' }

export const plain = (value) => exact(parse(value)) ?? value
export const keyOf = ({ code, priority }) => `${code}.${priority}`
/** The key of a delay in a draft; its limit has the same without the word. */
export const delayKey = (one) => `delay ${keyOf(one)}`
export const isOwn = ({ value, shipped }) => (typeof value === 'number' ? value !== shipped : !equal(parse(value), parse(shipped)))

/** A limit in words: "SBP ≥ 160", "SBP 20 % over baseline". */
export function inWords(limit, value = limit.value) {
  const name = limit.code === 'hr_apart' ? 'HR and PR apart' : (NAMES[limit.parameter] ?? limit.parameter)
  if (limit.basis !== 'percent' && limit.basis !== 'points') return `${name} ${SIGNS[limit.comparison]}\u00a0${plain(value)}`
  const unit = limit.basis === 'percent' ? ' %' : ''
  return `${name} ${plain(value)}${unit} ${limit.comparison.startsWith('<') ? 'under' : 'over'} baseline`
}

/** What stands of limits and delays after a draft (key → as typed): all that differs from what is shipped, as the server takes it. */
export function wished({ limits, delays }, draft) {
  const own = (all, key, number, same) =>
    Object.fromEntries(
      all
        .map((one) => [keyOf(one), draft.has(key(one)) ? number(draft.get(key(one))) : number(one.value), one])
        .filter(([, value, one]) => !same(value, number(one.shipped)))
        .map(([name, value]) => [name, value]),
    )
  return {
    limits: own(limits, keyOf, (typed) => plain(typed), (a, b) => a === b),
    delays: own(delays, delayKey, Number, (a, b) => a === b),
  }
}

/** Why what was typed cannot be sent; the server judges the rest. */
export function troubleOf({ limits, delays }, draft) {
  const limit = limits.find((one) => draft.has(keyOf(one)) && !parse(draft.get(keyOf(one))))
  if (limit) return `A limit is a number: ${inWords(limit)}.`
  const delay = delays.find((one) => draft.has(delayKey(one)) && !/^\d{1,3}$/.test(draft.get(delayKey(one))))
  return delay ? `A delay is whole seconds, ${delay.least} to ${delay.most}.` : ''
}

// Protocols

export const amountOf = ({ order }) => order[AMOUNTS[order.kind]]
export const orderOf = (kind, amount, minutes) => ({ kind, [AMOUNTS[kind]]: amount, duration_min: minutes })

/** A protocol, part by part, in words. */
export function protocolWords(one) {
  const amount = amountOf(one)
  const minutes = one.order.duration_min
  const unit = UNITS[one.order.kind]
  return {
    order: `${amount === null ? `${unit} at admission` : `${plain(amount)} ${unit}`}, ${minutes === null ? 'minutes at admission' : `${minutes} min`}`,
    premedication: one.premedication.join(', '),
    cuff: `every ${one.nibp_interval_min} min`,
    charting: `after ${one.charting_first_min} min, then every ${one.charting_every_min} min`,
    tier: TIERS[one.tier],
    recovery: `${one.recovery_min} min`,
    words: one.response,
  }
}
