// An order for an infusion: any two of rate, total and duration give the third; the same dose in every unit; what is asked
// before it is ordered; and the body the server takes. All in exact fractions (dose.js). The server checks it all again.

import { above, exact, figure, minus, over, parse, plus, rounded, times, whole } from './dose.js'
import { t } from './text.js'

const SIXTY = whole(60)

/** Rate (a unit/h), total (the unit) and duration (min): any two give the third. Null for what is not known. */
export function third({ rate, total, duration }) {
  if (rate && duration && !total) return { rate, duration, total: over(times(rate, duration), SIXTY) }
  if (total && duration && !rate) return { total, duration, rate: over(times(total, SIXTY), duration) }
  if (rate && total && !duration) return { rate, total, duration: over(times(total, SIXTY), rate) }
  return { rate, total, duration }
}

/** What an order in `mode` is counted in: 'mg/kg', 'mg' or 'mL'. */
export const unitOf = (mode) => ({ rate: 'mg', rate_by_volume: 'mL' })[mode] ?? 'mg/kg'

/** The same dose in every unit, from an amount per hour and its duration, in `unit`; in mL nothing is known without the concentration. */
export function everyUnit({ rate, total, duration }, unit, weightKg, concentration) {
  const byVolume = (a) => (concentration ? times(a, concentration) : null)
  const inMg = (a) => (a === null ? null : unit === 'mg/kg' ? times(a, weightKg) : unit === 'mL' ? byVolume(a) : a)
  const byKg = (a) => (inMg(a) === null ? null : over(inMg(a), weightKg))
  const inMl = (a) => (inMg(a) === null || !concentration ? null : over(inMg(a), concentration))
  return {
    rateMgH: inMg(rate),
    rateMgKgH: byKg(rate),
    rateMlH: inMl(rate),
    totalMg: inMg(total),
    totalMgKg: byKg(total),
    volumeMl: inMl(total),
    durationMin: duration,
  }
}

/** What is asked as shipped, until the server has told what the clinic has a physician confirm (clinical sheet, doses and durations). */
const SHIPPED = {
  rate_mg_kg_h: '1',
  total_mg_kg: '2',
  total_mg: '200',
  shortest_min: '20',
  longest_min: '300',
  lightest_kg: '35',
  heaviest_kg: '200',
  weight_percent: '10',
}

/** The clinic's guards, by their names, of the settings of its pre-set. */
export const guardsOf = (settings) => ({
  ...SHIPPED,
  ...Object.fromEntries(settings.filter(({ rule }) => rule === 'order').map(({ code, value }) => [code.split('.')[1], value])),
})

/** What the clinic asks to be confirmed before it is ordered, as sentences. */
export function guards(units, asks = SHIPPED) {
  const [rate, byWeight, total, shortest, longest] = ['rate_mg_kg_h', 'total_mg_kg', 'total_mg', 'shortest_min', 'longest_min'].map((name) => parse(asks[name]))
  const asked = []
  if (units.rateMgKgH && above(units.rateMgKgH, rate)) {
    asked.push(t`${figure(units.rateMgKgH, 2)} mg/kg/h is above the low-dose range, ${rounded(rate, 2)} mg/kg/h.`)
  }
  if (units.totalMgKg && above(units.totalMgKg, byWeight)) {
    asked.push(t`The total of ${figure(units.totalMgKg, 2)} mg/kg is above ${exact(byWeight)} mg/kg.`)
  }
  if (units.totalMg && above(units.totalMg, total)) {
    asked.push(t`The total of ${figure(units.totalMg, 1)} mg is above ${exact(total)} mg.`)
  }
  if (units.durationMin && (above(shortest, units.durationMin) || above(units.durationMin, longest))) {
    asked.push(t`${figure(units.durationMin, 1)} min is outside ${exact(shortest)} to ${exact(longest)} min.`)
  }
  return asked
}

/** Fit for a person's weight: 'refused' outside 20–300 kg, 'asked' outside what is usual at the clinic, else ''. */
export function weightDoubt(kg, { lightest_kg: lightest, heaviest_kg: heaviest } = SHIPPED) {
  if (above(whole(20), kg) || above(kg, whole(300))) return 'refused'
  return above(parse(lightest), kg) || above(kg, parse(heaviest)) ? 'asked' : ''
}

/** Whether a weight is off that of the last visit by more than so many percent: another patient, or a slip. */
export function isAnotherWeight(kg, lastKg, { weight_percent: percent } = SHIPPED) {
  const [now, least, most] = [times(kg, whole(100)), minus(whole(100), parse(percent)), plus(whole(100), parse(percent))]
  return above(now, times(lastKg, most)) || above(times(lastKg, least), now)
}

const perHourInexact = (unit) => t`This gives no exact rate in ${unit}. Change one of the two figures.`

/**
 * The order as the server takes it: {order} or {refusal: a sentence}. `mode` is 'dose' (mg/kg over minutes),
 * 'rate_by_weight', 'rate' or 'rate_by_volume' (mL/h); the figures are those of `third`, in the mode's unit.
 */
export function orderBody(mode, { rate, total, duration }) {
  if (!rate || !total || !duration) return { refusal: t('Two of rate, total and duration are needed.') }
  const minutes = exact(duration)
  if (minutes === null || minutes.includes('.')) return { refusal: t`${figure(duration, 2)} min is no whole number of minutes.` }
  const duration_min = Number(minutes)
  const forms = {
    dose: exact(total) && { kind: 'dose', dose_mg_kg: exact(total), duration_min },
    rate_by_weight: exact(rate) && { kind: 'rate_by_weight', rate_mg_kg_h: exact(rate), duration_min },
    rate: exact(rate) && { kind: 'rate', rate_mg_h: exact(rate), duration_min },
    rate_by_volume: exact(rate) && { kind: 'rate_by_volume', rate_ml_h: exact(rate), duration_min },
  }
  const inStead = { dose: forms.rate_by_weight, rate_by_weight: forms.dose }
  const order = forms[mode] || inStead[mode]
  return order ? { order } : { refusal: perHourInexact(`${unitOf(mode)}/h`) }
}
