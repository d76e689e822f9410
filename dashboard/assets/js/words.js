// Every word and every written number of the live pages, in one place. Pure.

import { LOCALE, t } from './text.js'

export const NAMES = {
  hr: 'HR', pr: 'PR', spo2: 'SpO₂', nibp: 'NIBP', rr: 'RR', pi: 'PI', etco2: 'etCO₂', temperature: t('Temp'),
  nibp_sys: 'SBP', nibp_dia: 'DBP', nibp_mean: 'MAP', cuff_pressure: t('Cuff'),
}
export const UNITS = {
  hr: 'bpm', pr: 'bpm', spo2: '%', nibp: 'mmHg', rr: '/min', pi: '%', etco2: 'mmHg', temperature: '°C',
  nibp_sys: 'mmHg', nibp_dia: 'mmHg', nibp_mean: 'mmHg', cuff_pressure: 'mmHg',
}
export const CURVES = {
  ecg_i: 'ECG I', ecg_ii: 'ECG II', ecg_iii: 'ECG III', ecg_avr: 'ECG aVR', ecg_avl: 'ECG aVL', ecg_avf: 'ECG aVF',
  ecg_v: 'ECG V', pleth: t('Pleth'), resp: t('Resp'), co2: 'CO₂', abp: 'ABP',
}
export const PHASES = {
  none: t('Empty'), planned: t('Preparing'), infusing: t('Infusing'), paused: t('Paused'), recovery: t('Recovery'), closed: t('Closed'),
}
export const MARKS = { high: '!!!', medium: '!!', low: '!' }
export const PRIORITIES = { high: t('High'), medium: t('Medium'), low: t('Low') }
export const LINES = { closed: t('not connected'), open: t('waiting for data'), live: t('live'), silent: t('silent') }
export const COMMANDS = {
  requested: t('Asked'), sent: t('Sent to the device'), accepted: t('Measuring'), done: t('Done'), refused: t('Refused'), timed_out: t('No answer'),
}
export const DASHES = '– –'
export const CUFF = t('cuff')
export const NOT_MONITORED = t('not monitored')
export const NOT_YET = t('not measured yet')
export const SPOT = t('spot')
export const NOTICE = t('Secondary display. Bedside monitor alarms stay on.')
export const CLOCK_NOT_PUMP = t('clock, not pump')
export const DEMO = t('DEMO – NOT A PATIENT')

const SECOND = 1e6
const two = (number) => String(number).padStart(2, '0')

/** m:ss of a duration in µs; minutes go on past an hour, as infusion minutes do. A negative one has a minus. */
export function minutes(us) {
  const s = Math.floor(Math.abs(us) / SECOND)
  return `${us < 0 && s > 0 ? '−' : ''}${Math.floor(s / 60)}:${two(s % 60)}`
}

/** How long ago, in words: "13 s", "2 min", "3 h". */
export function ago(us) {
  const s = Math.max(0, Math.floor(us / SECOND))
  if (s < 60) return `${s} s`
  return s < 7200 ? `${Math.floor(s / 60)} min` : `${Math.floor(s / 3600)} h`
}

/** Whole minutes, for values that were measured once. */
export const inMinutes = (us) => `${Math.max(0, Math.floor(us / 60 / SECOND))} min`

let zoned = { zone: '', long: null, short: null, offset: null, day: null, iso: null }

function formats(zone) {
  if (zoned.zone === zone) return zoned
  const make = (options, locale = 'en-GB') => new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: 'h23', ...options })
  const hm = { hour: '2-digit', minute: '2-digit' }
  zoned = {
    zone,
    long: make({ ...hm, second: '2-digit' }),
    short: make(hm),
    offset: make({ timeZoneName: 'longOffset' }),
    day: make({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }, LOCALE),
    iso: make({ year: 'numeric', month: '2-digit', day: '2-digit' }),
  }
  return zoned
}

/** 13:44:20 in the clinic's zone. */
export const clock = (at, zone) => formats(zone).long.format(at / 1000)
/** 13:44 in the clinic's zone. */
export const hourMinute = (at, zone) => formats(zone).short.format(at / 1000)
/** Sun 22 Nov 2026 in the clinic's zone. */
export const day = (at, zone) => formats(zone).day.format(at / 1000).replaceAll(',', '')
/** 2026-11-22 in the clinic's zone, as a date field has it. */
export function isoDay(at, zone) {
  const parts = Object.fromEntries(formats(zone).iso.formatToParts(at / 1000).map(({ type, value }) => [type, value]))
  return `${parts.year}-${parts.month}-${parts.day}`
}
/** The day "2026-11-22" of the clinic's zone as {from, until}, µs; null where it is none. */
export function dateOf(text, zone) {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return null
  const begin = (date) => {
    const guess = Date.parse(`${date}T00:00:00Z`)
    return Date.parse(`${date}T00:00:00${zoneOffset(guess * 1000, zone)}`) * 1000
  }
  const next = new Date(Date.parse(`${text}T00:00:00Z`) + 864e5).toISOString().slice(0, 10)
  return { from: begin(text), until: begin(next) }
}
/** +01:00: how far the clinic's zone is from UTC at that time. */
export function zoneOffset(at, zone) {
  const part = formats(zone).offset.formatToParts(at / 1000).find(({ type }) => type === 'timeZoneName')
  return part.value.replace('GMT', '') || '+00:00'
}

/** A measured value as it is written; missing is null and stays so. */
export function number(parameter, value) {
  if (value === null || value === undefined) return null
  return parameter === 'pi' || parameter === 'temperature' ? Number(value).toFixed(1) : String(Math.round(value))
}

/** A dose in mg, one decimal; a rate without needless zeros. For the eye: exact doses are the server's. */
export const mg = (value) => Number(value).toFixed(1)
export const perKg = (value) => Number(value).toFixed(2)
export const rate = (value) => String(Number(Number(value).toFixed(1)))

/** An alert in words: number and limit first. A latched one says what was and what is. */
export function alertText(alert, current) {
  if (alert.state !== 'latched' || alert.parameter === null || alert.worst === null) return capital(t(alert.text))
  const was = t`${NAMES[alert.parameter]} was ${number(alert.parameter, alert.worst)}`
  const value = number(alert.parameter, current)
  return value === null ? was : t`${was}, now ${value}`
}

/** To whom an alert that nobody has acknowledged was escalated; empty where it was not. */
export function escalationWords({ state, priority, escalation = 0 }) {
  if (state === 'acknowledged' || state === 'ended' || !escalation) return ''
  if (escalation > 1) return t('Escalated to all screens')
  return priority === 'high' ? t('Escalated to physicians’ screens') : t('Escalated to nurses’ screens')
}

const CIRCLES = { nurses: t('nurses’ screens'), physicians: t('physicians’ screens'), all: t('all screens') }

/** Who acknowledged an alert first, and when: {at, by}; null where nobody did. */
export function firstAnswer({ acknowledged_at: at, acknowledged_by: by, life = [] }) {
  return life.find(({ what }) => what === 'acknowledged') ?? (at ? { at, by: by?.name ?? '' } : null)
}

/** What became of an alert among people, in phrases: to whom it was escalated and when, with others, sounded again. */
export function lifeWords({ began, life = [] }) {
  const [escalated, grouped, again] = ['escalated', 'grouped', 'realarmed'].map((word) => life.filter(({ what }) => what === word))
  const circles = escalated.map(({ at, to }) => t`to ${CIRCLES[to]} after ${minutes(at - began)}`).join(', ')
  return [circles && t`escalated ${circles}`, grouped.length && t('told as one with others'), again.length && t`sounded again ${again.length} ×`].filter(Boolean)
}

/** An alert of the past: what it was, without the word that it is over. */
export const pastText = (alert) => alertText({ ...alert, state: 'ended' }, null).replace(/; over$/, '')

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1)

export const initialsOf = (name) => name.split(/[\s.]+/).filter(Boolean).map((part) => part[0]).join('.') + '.'

/** Birth year on a small tile: two digits. */
export const shortYear = (year) => two(year % 100)

export const plural = (count, one, many) => (count === 1 ? one : many)

export const screensOf = (count) => plural(count, t`${count} screen`, t`${count} screens`)
export const sessionsOf = (count) => plural(count, t`${count} session`, t`${count} sessions`)
