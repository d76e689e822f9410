// What happened in a session, in one list: alerts, what was charted, who did what; and the few figures that sum it up. Pure.

import { capital, wordsOf } from './charted.js'
import { doseGiven } from './steps.js'
import { hour } from './walltime.js'
import { day, firstAnswer, inMinutes, lifeWords, MARKS, minutes, NAMES, pastText, PRIORITIES } from './words.js'
import { parse, rounded } from './dose.js'
import { baselineWords } from './observed.js'
import { state } from './stream.js'
import { t } from './text.js'

const MINUTE = 60e6

/** What may be shown of the events. */
export const PARTS = [
  ['all', t('All')],
  ['alerts', t('Alerts')],
  ['charted', t('Charted')],
  ['deeds', t('Done')],
]

const because = (reason) => (reason ? `, ${reason}` : '')
const DEEDS = {
  admit: () => t('Admitted'),
  screen: () => t('Questions answered'),
  confirm_order: () => t('Order confirmed'),
  start: ({ reason }) => t`Infusion started${because(reason)}`,
  pause: ({ reason }) => t`Paused${because(reason)}`,
  resume: () => t('Resumed'),
  change_rate: ({ rate_mg_h, reason }) => t`Rate ${Number(rate_mg_h)} mg/h${because(reason)}`,
  bolus: ({ bolus_mg }) => t`Bolus ${Number(bolus_mg)} mg`,
  stop: ({ reason }) => t`Infusion ended${because(reason)}`,
  close: () => t('Closed'),
  lock_baseline: ({ reason }) => t`Baseline locked${because(reason)}`,
  audio_pause: ({ seconds }) => t`Audio paused, ${minutes((seconds ?? 120) * 1e6)}`,
  end_audio_pause: () => t('Audio pause ended'),
  nibp_start: () => t('Cuff started'),
  nibp_stop: () => t('Cuff let go'),
  nibp_interval: (given) => (given.minutes ? t`Cuff every ${given.minutes} min` : t('Cuff by hand only')),
  not_monitored: ({ parameter, reason }) => t`Alarm off for ${NAMES[parameter] ?? parameter}${because(reason)}`,
  monitored: ({ parameter }) => t`${NAMES[parameter] ?? parameter} monitored again`,
  accept_device: ({ device, unit }) => t`Accepted ${unit} as ${device}`,
}
/** Told elsewhere in the list: what was charted by itself, an acknowledgement with its alert. */
const TOLD = ['chart', 'acknowledge', 'set_limit']

const SIGNS = { '<': '<', '<=': '≤', '>': '>', '>=': '≥' }
const STEPS = { admitted: t('Admitted'), started: t('Infusion started'), paused: t('Paused'), resumed: t('Resumed'), stopped: t('Infusion ended'), closed: t('Closed'), rate_changed: t('Rate changed') }

/** How long an alert stood, to whom it was escalated, and who acknowledged it first after how long. */
export function lifeOf(alert, now) {
  const { began, ended_at } = alert
  const lasted = ended_at ? t`lasted ${minutes(ended_at - began)}` : now ? t`open for ${minutes(now - began)}` : ''
  const answer = firstAnswer(alert)
  const taken = answer ? t`acknowledged after ${minutes(answer.at - began)}` : t('not acknowledged')
  return { detail: [lasted, ...lifeWords(alert), taken].filter(Boolean).join(', '), by: answer?.by ?? '' }
}

function worstOf(alert) {
  const text = pastText(alert)
  return alert.worst !== null && alert.worst !== undefined && !text.includes(String(alert.worst)) ? t`${text}, worst ${Math.round(alert.worst)}` : text
}

function limitEvents({ deeds, limits }) {
  const known = new Map()
  const found = []
  for (const { at, limit } of limits) {
    const key = `${limit.code} ${limit.priority}`
    const before = known.get(key)
    known.set(key, limit)
    if (!limit.changed_by) continue
    const name = NAMES[limit.parameter] ?? limit.parameter
    const text = t`Limit ${name} ${SIGNS[limit.comparison]} ${before ? `${before.value} → ` : ''}${limit.value}`
    found.push({ at, part: 'deeds', mark: MARKS[limit.priority], text, detail: `${PRIORITIES[limit.priority].toLowerCase()}${because(limit.reason)}`, by: limit.changed_by })
  }
  return found.filter(({ at }) => deeds.some((deed) => deed.action === 'set_limit' && deed.at === at))
}

function deedEvents({ deeds, trend, session }) {
  const done = deeds.deeds
    .filter(({ action }) => !TOLD.includes(action))
    .map(({ at, by, action, arguments: given }) => ({ at, part: 'deeds', text: DEEDS[action]?.(given) ?? capital(action.replaceAll('_', ' ')), by: by.name }))
  if (done.length) return done
  // A record older than its rows of deeds: the session's own steps.
  return (trend.marks ?? [])
    .filter(({ at, step }) => at >= session.admitted_at && step in STEPS)
    .map(({ at, step, actor, rate_mg_h }) => ({ at, part: 'deeds', text: STEPS[step] + (step === 'rate_changed' && rate_mg_h ? ` ${Number(rate_mg_h)} mg/h` : ''), by: actor?.name ?? '' }))
}

const TOGETHER = 30e6

const textOf = (list, code) => t(list?.find((one) => one.code === code)?.text ?? code)

/** A check as its own sentence; taken back it says so. */
const checkSaid = ({ term, level }, words) => (level === 0 ? t`${textOf(words?.checks, term)}: taken back` : textOf(words?.checks, term))

/** What was known and asked before the infusion, in sentences: indication, answers, who overrode and confirmed, and what was missing. */
export function beforeWords({ baseline, confirmed, screening, started }, words) {
  const yes = screening?.speaks_against.map((code) => textOf(words?.questions, code)).join('; ')
  const open = screening?.unconfirmed.map((code) => textOf(words?.confirmations, code)).join('; ')
  return [
    screening && t`Indication: ${t(screening.indication)}.`,
    yes && t`Answered with yes: ${yes}.`,
    open && t`Not confirmed: ${open}.`,
    screening?.overridden_by && t`Overridden by ${screening.overridden_by}: ${screening.reason}.`,
    confirmed && t`Order confirmed by ${confirmed.by}: ${confirmed.asks.join('; ')}.`,
    baseline && `${baselineWords(baseline)}.`,
    started?.without.length > 0 && t`Started without: ${started.without.map((one) => t(one)).join('; ')}. Reason: ${started.reason || t('none was given')}.`,
  ].filter(Boolean)
}

/** What one person charted in one go is one line. */
function chartedEvents({ charted }, words) {
  const said = (one) => (one.kind === 'check' ? checkSaid(one, words) : wordsOf(one))
  const rows = []
  for (const one of [...charted].sort((a, b) => a.at - b.at)) {
    const last = rows.at(-1)
    const isScale = one.level !== null && one.kind !== 'check'
    if (isScale && last?.isScale && last.by === one.by && one.at - last.at < TOGETHER) last.text += ` · ${said(one)}`
    else rows.push({ at: one.at, part: 'charted', isScale, text: capital(said(one)), detail: one.kind === 'side_effect' ? one.text : '', by: one.by })
  }
  return rows
}

/** All that happened, oldest first: [{at, part, text, detail?, mark?, priority?, by?}]. */
export function eventsOf({ session, trend, deeds, end, words = null }) {
  const alerts = trend.alerts.map((alert) => ({
    at: alert.began, part: 'alerts', mark: MARKS[alert.priority], priority: alert.priority, text: worstOf(alert), ...lifeOf(alert, end),
  }))
  return [...alerts, ...chartedEvents(session, words), ...deedEvents({ deeds, trend, session }), ...limitEvents(deeds)].sort((a, b) => a.at - b.at)
}

function extreme(points, better) {
  let found = null
  for (const [offset, value] of points ?? []) if (value !== null && (!found || better(value, found.value))) found = { offset, value }
  return found
}

/** The figures of the head: [value, words]. */
export function summaryOf({ session, trend, end }) {
  const facts = []
  const { began_at, stopped_at, admitted_at, closed_at } = session
  facts.push([day(admitted_at, state.zone), `${hour(admitted_at)} – ${closed_at ? hour(closed_at) : t('running')}`])
  const minuteOf = (at) => (began_at ? t`at ${Math.round((at - began_at) / MINUTE)} min`.replace('-', '−') : t`at ${hour(at)}`)
  if (began_at) {
    const until = stopped_at ?? end
    facts.push([inMinutes(session.infused_us && stopped_at ? session.infused_us : until - began_at), t`infused, planned ${Math.round(session.duration_s / 60)} min`])
    facts.push([`${rounded(doseGiven(session, until), 1)} mg`, t`of ${rounded(parse(session.total_mg), 1)} mg by the clock`])
  }
  const low = extreme(trend.parameters.spo2, (a, b) => a < b)
  if (low) facts.push([`${low.value} %`, t`lowest SpO₂, ${minuteOf(trend.from + low.offset * 1e6)}`])
  const cuff = trend.nibp.filter(({ systolic }) => systolic !== null).reduce((most, one) => (!most || one.systolic > most.systolic ? one : most), null)
  if (cuff) facts.push([`${cuff.systolic}/${cuff.diastolic}`, t`highest NIBP, ${minuteOf(cuff.at)}`])
  const pains = session.charted.filter(({ kind }) => kind === 'pain')
  if (pains.length) facts.push([pains.length > 1 ? `${pains[0].level} → ${pains.at(-1).level}` : String(pains[0].level), t('pain, first to last')])
  const count = (priority) => trend.alerts.filter((alert) => alert.priority === priority).length
  facts.push([String(trend.alerts.length), t`alerts: ${['high', 'medium', 'low'].map((priority) => `${count(priority)} ${MARKS[priority]}`).join('  ')}`])
  return facts
}
