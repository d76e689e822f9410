// How limits, delays, other numbers and protocols of the pre-set are written, for every page that shows them. Pure.

import { above, equal, exact, parse } from './dose.js'
import { t } from './text.js'
import { NAMES } from './words.js'

const SIGNS = { '<': '<', '<=': '≤', '>': '>', '>=': '≥' }
export const STEPS = ['low', 'medium', 'high']
export const TIERS = { low: t('Low dose'), pain: t('Pain dose'), dissociative: t('Dissociative') }
export const UNITS = { dose: 'mg/kg', rate_by_weight: 'mg/kg/h', rate: 'mg/h' }
const AMOUNTS = { dose: 'dose_mg_kg', rate_by_weight: 'rate_mg_kg_h', rate: 'rate_mg_h' }

export const plain = (value) => exact(parse(value)) ?? value
export const keyOf = ({ code, priority }) => `${code}.${priority}`
/** The key of a delay in a draft; its limit has the same without the word. */
export const delayKey = (one) => `delay ${keyOf(one)}`
/** The key of another number of a rule in a draft. */
export const settingKey = ({ code }) => `setting ${code}`
export const isOwn = ({ value, shipped }) => (typeof value === 'number' ? value !== shipped : !equal(parse(value), parse(shipped)))

/** A limit in words: "SBP ≥ 160", "SBP 20 % over baseline". */
export function inWords(limit, value = limit.value) {
  const name = limit.code === 'hr_apart' ? t('HR and PR apart') : (NAMES[limit.parameter] ?? limit.parameter)
  if (limit.basis !== 'percent' && limit.basis !== 'points') return `${name} ${SIGNS[limit.comparison]}\u00a0${plain(value)}`
  const unit = limit.basis === 'percent' ? ' %' : ''
  const far = `${plain(value)}${unit}`
  return limit.comparison.startsWith('<') ? t`${name} ${far} under baseline` : t`${name} ${far} over baseline`
}

/** A number with its unit. */
export const withUnit = (value, unit) => [value, unit].filter(Boolean).join('\u00a0')

/** Another number in words: "clears when back for: 10 s". */
export const settingWords = ({ meaning, value, unit }) => `${t(meaning)}: ${withUnit(plain(value), t(unit))}`

/** Whether what was typed lets an alert come later, or less often, than the number there is. */
export function isWider({ value, comparison, wider = comparison?.startsWith('<') ? 'less' : 'more' }, typed) {
  const [now, wish] = [parse(value), parse(typed)]
  if (!wish || !wider) return false
  return wider === 'more' ? above(wish, now) : above(now, wish)
}

/** What stands of all numbers after a draft (key → as typed): those that differ from what is shipped, as the server takes them. */
export function wished({ limits, delays, settings }, draft) {
  const own = (all, name, key, number) =>
    Object.fromEntries(
      all
        .map((one) => [name(one), number(draft.get(key(one)) ?? one.value), number(one.shipped)])
        .filter(([, value, shipped]) => value !== shipped)
        .map(([code, value]) => [code, value]),
    )
  return {
    limits: own(limits, keyOf, keyOf, plain),
    delays: own(delays, keyOf, delayKey, Number),
    settings: own(settings, ({ code }) => code, settingKey, plain),
  }
}

/** Why what was typed cannot be sent; the server judges the rest. */
export function troubleOf({ limits, delays, settings }, draft) {
  const other = settings.find((one) => draft.has(settingKey(one)) && !parse(draft.get(settingKey(one))))
  if (other) return t`This is a number, ${plain(other.least)} to ${plain(other.most)}: ${t(other.meaning)}.`
  const limit = limits.find((one) => draft.has(keyOf(one)) && !parse(draft.get(keyOf(one))))
  if (limit) return t`A limit is a number: ${inWords(limit)}.`
  const delay = delays.find((one) => draft.has(delayKey(one)) && !/^\d{1,3}$/.test(draft.get(delayKey(one))))
  return delay ? t`A delay is whole seconds, ${delay.least} to ${delay.most}.` : ''
}

// Protocols

export const amountOf = ({ order }) => order[AMOUNTS[order.kind]]
export const orderOf = (kind, amount, minutes) => ({ kind, [AMOUNTS[kind]]: amount, duration_min: minutes })

/** What the parts of a protocol are called. */
export const PARTS = {
  order: t('order'), premedication: t('premedication'), cuff: t('cuff'), charting: t('charting'), tier: t('tier'), recovery: t('recovery'), words: t('words'),
}

/** A protocol, part by part, in words. */
export function protocolWords(one) {
  const amount = amountOf(one)
  const minutes = one.order.duration_min
  const unit = UNITS[one.order.kind]
  return {
    order: `${amount === null ? t`${unit} at admission` : `${plain(amount)} ${unit}`}, ${minutes === null ? t('minutes at admission') : `${minutes} min`}`,
    premedication: one.premedication.join(', '),
    cuff: t`every ${one.nibp_interval_min} min`,
    charting: t`after ${one.charting_first_min} min, then every ${one.charting_every_min} min`,
    tier: TIERS[one.tier],
    recovery: `${one.recovery_min} min`,
    words: one.response,
  }
}
