// What people have charted, as the session view tells it: the newest of each kind, what is due, and its words. Pure.

import { t } from './text.js'
import { minutes } from './words.js'

const MINUTE = 60e6
/** The rhythm of monitor/core/schedule.py, in recovery and where no protocol has its own, in minutes; the server says when scales are due next. */
export const [FIRST_MIN, EVERY_MIN] = [10, 15]
const LEAST_RECOVERY_MIN = 30

/** The scales by their codes: name, range, and what has room on a phone's axis; in the order of the rows. The first four are asked for at each check. */
export const SCALES = [
  ['pain', t('Pain'), '0–10', t('Pain')],
  ['moaas', 'MOAA/S', '5–0', 'MOAA'],
  ['dissociation', t('Dissociation'), '0–3', t('Diss.')],
  ['nausea', t('Nausea'), '0–3', t('Naus.')],
  ['anxiety', t('Anxiety'), '0–10', t('Anx.')],
  ['cadss6', 'CADSS-6', '0–24', 'CADSS'],
  ['aldrete', t('Aldrete'), '0–10', t('Aldr.')],
  ['padss', 'PADSS', '0–10', 'PADSS'],
]
export const ASKED = ['pain', 'moaas', 'dissociation', 'nausea']
const ROWS = {
  mark: { id: 'mark', name: '', kinds: ['emergency'] },
  given: { id: 'given', name: t('Given'), kinds: ['drug'] },
  noted: { id: 'noted', name: t('Noted'), kinds: ['side_effect', 'note', 'line_site', 'pump'] },
}
const NAMED = Object.fromEntries(SCALES.map(([code, name]) => [code, name]))
const STATES = { line_site: t('Line site'), pump: t('Pump') }

export const sits = (session) => Boolean(session) && session.phase !== 'closed'

/** The newest of `kind` (and `term`, if given) at or before `at`. */
export const lastOf = (session, kind, term = null, at = Infinity) =>
  (session?.charted ?? []).findLast((one) => one.kind === kind && (term === null || one.term === term) && one.at <= at) ?? null

/** Side effects that nobody has charted as over, each with its newest word. */
export function ongoing(session, at = Infinity) {
  const newest = new Map()
  for (const one of session?.charted ?? []) if (one.kind === 'side_effect' && one.at <= at) newest.set(one.term, one)
  return [...newest.values()].filter(({ severity }) => severity !== 'none')
}

/** "next check 4:10", "check due 6 min"; nothing where none is due at a time. */
export function checkWords(session, at) {
  const due = sits(session) ? (session.charting_due_at ?? null) : null
  if (due === null) return ''
  if (due > at) return t`next check ${minutes(Math.ceil((due - at) / 1e6) * 1e6)}`
  const late = Math.floor((at - due) / MINUTE)
  return late ? t`check due ${late} min` : t('check due')
}

/**
 * When scales are to be charted: what is due next (or late), and what follows: during the infusion by the protocol's rhythm up to its
 * (planned) end, that end among it; in recovery every quarter of an hour, for as long as it lasts at least.
 */
export function duesOf(session) {
  const next = sits(session) ? (session.charting_due_at ?? null) : null
  if (next === null) return []
  return [next, ...followingDues(session).filter((due) => due > next)]
}

function followingDues({ phase, protocol, began_at: began, planned_end_at: planned, stopped_at: stopped }) {
  const end = phase === 'recovery' ? stopped : phase === 'infusing' ? planned : null
  if (!end) return []
  const [first, every] = [protocol?.charting_first_min ?? FIRST_MIN, protocol?.charting_every_min ?? EVERY_MIN]
  const until = phase === 'recovery' ? end + (protocol?.recovery_min ?? LEAST_RECOVERY_MIN) * MINUTE : end
  return [...instants(began + first * MINUTE, every, end), ...instants(end, EVERY_MIN, until + 1)]
}

/** From `first` on, one every so many minutes, before `until`. */
function instants(first, everyMin, until) {
  const found = []
  for (let at = first; at < until; at += everyMin * MINUTE) found.push(at)
  return found
}

/** The rows of a session's table: those asked for (not on a phone), and all others of which something was charted. */
export function rowsOf(session, narrow) {
  if (!session) return []
  const kinds = new Set(session.charted.map(({ kind }) => kind))
  const scales = SCALES.filter(([code]) => kinds.has(code) || (!narrow && ASKED.includes(code)))
  const among = (row) => (row.kinds.some((kind) => kinds.has(kind)) ? [row] : [])
  const named = scales.map(([code, name, range, short]) => ({ id: code, name: narrow ? short : `${name} ${range}`, kinds: [code], isScale: true }))
  return [...among(ROWS.mark), ...among(ROWS.given), ...named, ...among(ROWS.noted)]
}

/** One charting in few words: "MOAA/S 4", "nausea, mild", "Glycopyrrolate 0.2 mg". */
export function wordsOf({ kind, level, term, severity, text }) {
  if (kind in NAMED) return `${NAMED[kind]} ${level}`
  if (kind === 'side_effect') return severity === 'none' ? t`${t(term)} over` : `${t(term)}, ${t(severity)}`
  if (kind === 'drug') return `${capital(t(term))} ${text}`.trim()
  if (kind in STATES) return [`${STATES[kind]} ${t(term)}`, text].filter(Boolean).join(', ')
  if (kind === 'cuff_arm') return term === 'same' ? t('Cuff on the arm of the probe') : t('Cuff on the other arm')
  if (kind === 'emergency') return [t('Emergency'), text].filter(Boolean).join(', ')
  return text || term
}

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1)
