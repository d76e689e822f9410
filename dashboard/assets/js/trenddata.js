// What a trend is drawn from: the past as the server keeps it, and what has been added live since. Knows time and values,
// no pixels. Values are kept as they came, at most one a second; nothing is filled in between.

const SECOND = 1_000_000
/** Two values further apart than this have a gap between them, µs. */
export const GAP = 5 * SECOND
const MOST = 60_000 // points of a curve: more than half a day, which is the widest view
const SPARE = 5000 // so many are dropped at once
const CURVES = ['spo2', 'hr', 'pr', 'rr']
const CUFF = { nibp_sys: 'systolic', nibp_dia: 'diastolic', nibp_mean: 'mean' }

export const emptyHistory = () => ({
  series: Object.fromEntries(CURVES.map((name) => [name, { at: [], value: [], newest: null, gap: GAP }])),
  nibp: [],
  alerts: new Map(),
  limits: new Map(), // "spo2_low high" → [{at, limit}], as known here
  session: null,
})

/** Takes the past from the HTTP API; what came live after its end stays. */
export function refill(history, trend) {
  for (const name of CURVES) history.series[name] = joined(trend.parameters[name] ?? [], trend, history.series[name])
  const live = history.nibp.filter(({ at }) => at > trend.until)
  history.nibp = [...trend.nibp.filter(({ systolic }) => systolic !== null), ...live]
  for (const alert of trend.alerts) if (!isNewer(history.alerts.get(alert.id), alert)) history.alerts.set(alert.id, alert)
}

const isNewer = (known, alert) => known && known.changed > alert.changed

function joined(points, { from, until, step_s }, live) {
  const first = live.at.findIndex((at) => at > until)
  const keep = first < 0 ? live.at.length : first
  return {
    at: [...points.map(([offset]) => from + offset * SECOND), ...live.at.slice(keep)],
    value: [...points.map(([, value]) => value), ...live.value.slice(keep)],
    newest: live.newest,
    gap: gapOf(step_s),
  }
}

/** Thinned values stand further apart than gaps are long; the server then tells each gap by a null. */
const gapOf = (step_s) => Math.max(GAP, 2 * step_s * SECOND)

/** Puts the finer values of a part of the time in the place of the coarse ones; gaps keep their nulls. */
export function refine(history, { from, until, step_s, parameters }) {
  for (const name of CURVES) {
    const series = history.series[name]
    const [first, last] = [indexAt(series, from - 1) + 1, indexAt(series, until - 1) + 1]
    const [at, value] = [[], []]
    for (const [offset, one] of parameters[name] ?? []) {
      const when = from + offset * SECOND
      if (at.length && when - at.at(-1) > gapOf(step_s)) {
        at.push(at.at(-1) + SECOND)
        value.push(null)
      }
      at.push(when)
      value.push(one)
    }
    Object.assign(series, {
      at: [...series.at.slice(0, first), ...at, ...series.at.slice(last)],
      value: [...series.value.slice(0, first), ...value, ...series.value.slice(last)],
    })
  }
}

/** Takes the chair as it is now: its session, alerts and limits. */
export function takeChair(history, chair) {
  history.session = chair.session
  for (const alert of [...chair.ended, ...chair.alerts]) history.alerts.set(alert.id, alert)
  for (const limit of chair.limits) takeLimit(history, limit, chair.at)
  takeVitals(history, chair.vitals)
}

function takeLimit(history, limit, at) {
  const key = `${limit.code} ${limit.priority}`
  const steps = history.limits.get(key) ?? []
  if (!steps.length) history.limits.set(key, [{ at: 0, limit }])
  else if (steps.at(-1).limit.value !== limit.value) steps.push({ at, limit })
}

/** Adds what a `changes` message brought. */
export function takeChanges(history, changes) {
  for (const change of changes) if (change.type === 'reading') takeVitals(history, change.vitals)
}

function takeVitals(history, vitals) {
  for (const { parameter, value, at } of vitals) if (history.series[parameter]) append(history.series[parameter], at, value)
  const cuff = vitals.filter(({ parameter, value }) => parameter in CUFF && value !== null)
  if (!cuff.length || history.nibp.at(-1)?.at >= cuff[0].at) return
  const values = Object.fromEntries(cuff.map(({ parameter, value }) => [CUFF[parameter], value]))
  if (values.systolic && values.diastolic) history.nibp.push({ mean: null, ...values, at: cuff[0].at })
}

function append(series, at, value) {
  series.newest = { at, value }
  const last = series.at.at(-1) ?? -Infinity
  if (at <= last) return
  const vanished = value === null && series.value.at(-1) !== null
  if (at - last < SECOND - 50_000 && !vanished) return
  if (at - last > GAP && last > 0 && series.value.at(-1) !== null) push(series, last + SECOND, null) // beside a past in wide steps
  push(series, at, value)
}

function push(series, at, value) {
  series.at.push(at)
  series.value.push(value)
  if (series.at.length <= MOST) return
  series.at.splice(0, SPARE)
  series.value.splice(0, SPARE)
}

/** Index of the newest point at or before `at`; −1 when there is none. */
export function indexAt(series, at) {
  let low = 0
  let high = series.at.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (series.at[middle] <= at) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The value that held at `at`: null where there was none or it was older than a gap. */
export function valueAt(series, at) {
  const { newest, gap = GAP } = series
  if (newest && at >= newest.at) return at - newest.at <= GAP ? newest.value : null
  const index = indexAt(series, at)
  return index >= 0 && at - series.at[index] <= gap ? series.value[index] : null
}

export const nibpAt = (history, at) => history.nibp.findLast((point) => point.at <= at) ?? null

/** Alerts in order of their beginning; those that were over at the admission were of somebody else. */
export function alertsOf({ alerts, session }) {
  const since = session?.admitted_at ?? -Infinity
  return [...alerts.values()].filter(({ ended_at: ended }) => !ended || ended > since).sort((a, b) => a.began - b.began)
}

export const alertsAt = (history, at) =>
  alertsOf(history).filter(({ began, ended_at }) => began <= at && (ended_at ?? Infinity) >= at)

/** Rate in mg/h at `at`, for drawing; null before the start. */
export function rateAt(session, at) {
  const step = session?.steps.findLast((one) => one.at <= at)
  return step ? Number(step.rate_mg_h) : null
}

/** The heart rate's curve: the ECG's where there is one, else the oximeter's. */
export const heart = (history) => (history.series.hr.at.length ? 'hr' : 'pr')

/** Steps of the limits of `parameter` that call for action: medium and high, each [{at, limit}, …]. */
export const limitsOf = (history, parameter) =>
  [...history.limits.values()].filter(
    ([{ limit }]) => limit.parameter === parameter && limit.priority !== 'low' && limit.basis === 'absolute',
  )
