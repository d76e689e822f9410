// What the right margin of the trend says: every value at one moment, beside its lane, pushed apart; and the same in words
// for those who do not see the canvas.

import { capital, checkWords, lastOf, ongoing, SCALES, wordsOf } from './charted.js'
import { parse, rounded } from './dose.js'
import { doseGiven } from './steps.js'
import { t } from './text.js'
import { drawLevels } from './trendcharted.js'
import { alertsAt, heart, nibpAt, rateAt, valueAt } from './trenddata.js'
import { pushedApart, xOf, yOf } from './trendlayout.js'
import { font } from './trendpen.js'
import { DASHES, MARKS } from './words.js'

const MINUTE = 60e6

const inMinutes = (us) => `${Math.floor(us / MINUTE)} min`

/** What held at `at`: {spo2, heart, rr, nibp, alerts, rate, dose, perKg}; null where nothing is known. */
export function valuesAt(history, at) {
  const { session } = history
  const begun = session?.began_at && at >= session.began_at
  const dose = begun ? doseGiven(session, at) : null
  return {
    spo2: valueAt(history.series.spo2, at),
    heart: valueAt(history.series[heart(history)], at),
    rr: valueAt(history.series.rr, at),
    nibp: nibpAt(history, at),
    alerts: alertsAt(history, at),
    rate: begun ? rateAt(session, at) : null,
    dose: dose && rounded(dose, 1),
    perKg: dose && rounded({ n: dose.n * parse(session.weight_kg).d, d: dose.d * parse(session.weight_kg).n }, 2),
  }
}

function labelsOf(scene, values, at) {
  const { history, lanes } = scene
  const labels = []
  for (const lane of lanes) {
    if (lane.curve && history.series[lane.curve].at.length) labels.push(ofCurve(lane, values[lane.id === 'hr' ? 'heart' : lane.id]))
    if (lane.cuff && values.nibp) labels.push(ofCuff(lane, values.nibp, at))
  }
  const rate = lanes.find(({ id }) => id === 'rate')
  if (rate && values.dose !== null) labels.push(ofRate(rate, values))
  return labels
}

const ofCurve = (lane, value) => ({
  y: value === null ? (lane.top + lane.bottom) / 2 : yOf(lane, value),
  height: 24,
  colour: value === null ? 'stale' : lane.curve,
  main: value === null ? DASHES : String(value),
})

const ofCuff = (lane, { systolic, diastolic, at: measured }, at) => ({
  y: (yOf(lane, systolic) + yOf(lane, diastolic)) / 2,
  height: 42,
  colour: 'nibp',
  main: `${systolic}/${diastolic}`,
  also: [t`${inMinutes(at - measured)} old`],
})

const ofRate = (lane, { rate, dose, perKg }) => ({
  y: (lane.top + lane.bottom) / 2,
  height: 58,
  colour: 'text-1',
  main: `${dose} mg`,
  also: [`${perKg} mg/kg`, rate > 0 ? `${rate} mg/h` : t('no rate')],
})

function paintLabel(ctx, { colours, size }, { y, height, colour, main, also = [] }) {
  const x = size.right + 10
  const big = size.narrow ? 15 : 19
  let top = y - height / 2 + big / 2 + 2
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  ctx.font = font(colours, big, 600)
  ctx.fillStyle = colours[colour]
  ctx.fillText(main, x, top, size.width - x - 4)
  ctx.font = font(colours, size.narrow ? 11 : 13, 500)
  ctx.fillStyle = colours['text-2']
  for (const text of also) ctx.fillText(text, x, (top += 17), size.width - x - 4)
}

function paintAlerts(ctx, { colours, lanes: [lane], size }, alerts, at) {
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  ctx.font = font(colours, 14, 700)
  alerts.slice(0, Math.floor((lane.bottom - lane.top) / 20)).forEach((alert, index) => {
    ctx.fillStyle = colours[alert.priority].text
    const acknowledged = alert.acknowledged_at !== null && alert.acknowledged_at <= at ? ` ${t('ack')}` : ''
    ctx.fillText(MARKS[alert.priority] + acknowledged, size.right + 10, lane.top + 15 + index * 20)
  })
}

/** The line of now and its minute, or the cursor's; and all values of that moment in the margin. */
export function drawValues(ctx, scene, cursor) {
  const { colours, history, lanes, now, size, view } = scene
  ctx.clearRect(0, 0, size.width, size.height)
  const at = cursor ?? now
  if (cursor !== null) upright(ctx, scene, now, 'text-3')
  const inView = at >= view.from && at <= view.until
  if (inView) {
    upright(ctx, scene, at, 'text-1')
    pill(ctx, scene, at, cursor !== null)
  }
  const values = valuesAt(history, at)
  for (const label of pushedApart(labelsOf(scene, values, at), lanes.find(({ curve }) => curve).top, size.height - 4)) paintLabel(ctx, scene, label)
  for (const lane of lanes) if (lane.rows) drawLevels(ctx, scene, lane, at)
  if (cursor !== null) paintAlerts(ctx, { colours, lanes, size }, values.alerts, at)
}

/** The moment whose waves are shown: a band as wide as they are, at least a line. */
export function drawMark(ctx, { colours, lanes, size, view }, { from, until }) {
  const [x, end] = [Math.max(size.left, xOf(view, size, from)), Math.min(size.right, xOf(view, size, until))]
  if (end < size.left || x > size.right) return
  ctx.fillStyle = colours['text-1']
  ctx.globalAlpha = 0.28
  ctx.fillRect(x, lanes[0].top, Math.max(3, end - x), lanes.at(-1).bottom - lanes[0].top)
  ctx.globalAlpha = 1
}

function upright(ctx, { colours, lanes, size, view }, at, colour) {
  const x = xOf(view, size, at)
  if (x < size.left || x > size.right) return
  ctx.strokeStyle = colours[colour]
  ctx.lineWidth = 1.5
  ctx.beginPath()
  ctx.moveTo(x, 30)
  ctx.lineTo(x, lanes.at(-1).bottom)
  ctx.stroke()
}

function pill(ctx, { colours, exactly, history: { session }, hour, size, view }, at, isCursor) {
  const minute = session?.began_at ? (at - session.began_at) / MINUTE : null
  const figure = minute === null ? '' : (isCursor ? minute.toFixed(1) : String(Math.floor(minute))).replace('-', '−')
  const text = isCursor ? [figure && `${figure} min`, exactly(at)].filter(Boolean).join(' · ') : figure || hour(at)
  ctx.font = font(colours, size.narrow ? 13 : 15, 600)
  const half = Math.max(20, ctx.measureText(text).width / 2 + 12)
  const x = Math.min(size.width - half - 2, Math.max(half + 2, xOf(view, size, at)))
  ctx.fillStyle = colours.first
  ctx.beginPath()
  ctx.roundRect(x - half, 6, 2 * half, 24, 7)
  ctx.fill()
  ctx.fillStyle = colours['first-ink']
  ctx.textAlign = 'center'
  ctx.textBaseline = 'middle'
  ctx.fillText(text, x, 18.5)
}

/** What was charted up to `at`, in sentences. */
function chartedInWords(session, at, hour) {
  if (!session) return []
  const aged = (one) => t`${wordsOf(one)} ${inMinutes(at - one.at)} ago`
  const newest = (kinds) => kinds.map((kind) => lastOf(session, kind, null, at)).filter(Boolean)
  const levels = newest(SCALES.map(([code]) => code)).map(aged)
  const drug = newest(['drug']).map((one) => t`Last drug: ${wordsOf(one)} at ${hour(one.at)}.`)
  const emergency = newest(['emergency']).map((one) => t`Emergency marked at ${hour(one.at)}.`)
  const effects = ongoing(session, at).map(wordsOf)
  return [
    levels.length ? t`Charted: ${levels.join(', ')}.` : '',
    effects.length ? t`Side effects: ${effects.join('; ')}.` : '',
    ...drug,
    ...emergency,
  ]
}

/** The moment in a sentence or two, for a reader of the screen. `isNow`: what is due is told as well. */
export function inWords(history, at, hour, isNow = false) {
  const values = valuesAt(history, at)
  const { session } = history
  const when = session?.began_at
    ? t`Infusion minute ${Math.floor((at - session.began_at) / MINUTE)}, ${hour(at)}.`
    : t`At ${hour(at)}.`
  const said = (name, value, unit) => `${name} ${value === null ? t('not known') : `${value} ${unit}`}`
  const cuff = values.nibp
    ? t`blood pressure ${values.nibp.systolic}/${values.nibp.diastolic} mmHg, ${inMinutes(at - values.nibp.at)} old`
    : t('no blood pressure yet')
  const dose = values.dose === null ? '' : t`${values.dose} mg given.`
  const alerts = values.alerts.length ? t`Alerts: ${values.alerts.map(({ text }) => t(text)).join('; ')}.` : ''
  const vitals = [said('SpO₂', values.spo2, '%'), said(t('heart rate'), values.heart, '/min'), said(t('respiration'), values.rr, '/min'), cuff]
  const check = isNow ? checkWords(session, at) : ''
  const due = check && `${capital(check)}.`
  return [when, `${vitals.join(', ')}.`, dose, ...chartedInWords(session, at, hour), due, alerts].filter(Boolean).join(' ')
}
