// Recovery: what is asked for before a patient goes home, the sheets that say it, and the close with its handover. Vigil shows
// what is met and what is not; a person decides and signs.

import { act, actor } from './actions.js'
import { action, countOf, DECIDES, makeCriteria, missingList, missingOf, NOT_KNOWN, readCriteria, watchCriteria } from './criteria.js'
import { choice, openDialog } from './dialogs.js'
import { checks, opens } from './gate.js'
import { make, write } from './make.js'
import { chairOf, whose } from './steps.js'
import { t } from './text.js'
import { withWords } from './vocabulary.js'
import { hour, since } from './walltime.js'

const EVERY_MS = 2000

const actionsAt = (chair) => ({
  aldrete: [opens(t('Aldrete…'), () => openSheet(chair, 'aldrete')), opens('PADSS…', () => openSheet(chair, 'padss'))],
  pressures: [action(t('Cuff now'), () => act(chair, 'nibp_start'))],
  recovery_check: [action(t('Cuff now'), () => act(chair, 'nibp_start'))],
  moaas: [opens('MOAA/S…', () => openScale(chair, 'moaas'))],
  nausea: [opens(t('Nausea…'), () => openScale(chair, 'nausea'))],
  dissociation: [opens(t('Dissociation…'), () => openScale(chair, 'dissociation'))],
  oriented: checks(chair, 'oriented', t('Oriented')),
  steady_gait: checks(chair, 'steady_gait', t('Walks steadily')),
  escort_here: checks(chair, 'escort_here', t('Is here')),
  handout_given: checks(chair, 'handout_given', t('Given')),
})

/** Recovery in one line: since when, and the newest PADSS, which no criterion of the clinic's gate holds. */
function recoveryWords(session) {
  const padss = session.charted.findLast(({ kind, at }) => kind === 'padss' && at >= session.stopped_at)
  const ended = t`Infusion ended ${hour(session.stopped_at)}, ${since(session.stopped_at)} ago.`
  return padss ? `${ended} ${t`PADSS ${padss.level} of 10 at ${hour(padss.at)}.`}` : ended
}

/** Opens the list with its actions; from here the session is closed. */
export function openDischarge(chair) {
  const actions = actionsAt(chair)
  const list = makeCriteria((code) => actions[code] ?? [], () => watch.again())
  const [told, count] = [make('p'), make('p.tally', { role: 'status' })]
  const take = (answer) => {
    const current = chairOf(chair)?.session
    if ((answer && answer.phase !== 'recovery') || current?.phase !== 'recovery') return list.element.closest('dialog')?.close()
    const criteria = answer?.criteria ?? null
    write(told, recoveryWords(current))
    list.show(criteria)
    write(count, criteria ? countOf(criteria) : '')
  }
  const body = [whose(chair), told, count, list.element, make('p.quiet', {}, DECIDES)]
  const submit = async () => ({ ok: await askClose(chair), sentence: '' })
  const done = openDialog({ title: t('Before going home'), body, submit, submitLabel: t('Close the session…') })
  const watch = watchCriteria(chair, take, EVERY_MS)
  return done.finally(watch.leave)
}

/** Closes the session from recovery: what is missing, why in spite of it, and what the next must know. */
export async function askClose(chair) {
  const answer = await readCriteria(chair)
  const missing = answer ? missingOf(answer.criteria) : []
  const reason = longField(t('Why in spite of that'), 200, 2)
  const handover = longField(t('Handover, if there is something to tell'), 1000, 4)
  const submit = () => {
    if (missing.length && !reason.value()) return { ok: false, sentence: t('Closing in spite of what is not met needs a reason.') }
    return act(chair, 'close', { handover: handover.value(), reason: missing.length ? reason.value() : '' })
  }
  const body = [
    whose(chair),
    make('p', {}, t('Monitoring of this patient ends and the chair is free. The record stays.')),
    answer ? null : make('p.unknown', {}, NOT_KNOWN),
    missing.length ? missingList(missing) : null,
    missing.length ? reason.element : null,
    handover.element,
    make('p.quiet', {}, `${DECIDES} ${actor ? t`You sign as ${actor.name}.` : t('You sign with your name.')}`),
  ]
  return openDialog({ title: t('Close the session?'), body, submit, submitLabel: t('Sign and close') })
}

let fields = 0

function longField(label, maxLength, rows) {
  const id = `long-${++fields}`
  const input = make('textarea', { id, maxLength, rows })
  const element = make('div.field.long', {}, make('label', { htmlFor: id }, label), make('div.box', {}, input))
  return { element, value: () => input.value.trim() }
}

/** The sum of a sheet's choices so far: {points, sum}; `points` is null until each item has one. */
export function sumOf(chosen) {
  const given = chosen.filter((one) => one !== null).map(Number)
  return { points: given.length === chosen.length ? given : null, sum: given.reduce((a, b) => a + b, 0), count: given.length }
}

/** A score's sheet: each item with its words for 2, 1 and 0, and the sum as it grows. */
export const openSheet = (chair, code) =>
  withWords(t('Score'), (words) => {
    const score = words.scores.find((one) => one.code === code)
    const sum = make('p.sum', { role: 'status' })
    const items = score.items.map((item) =>
      choice(t(item.name), [2, 1, 0].map((points) => [String(points), `${points} · ${t(item.words[points])}`]), { onchange: () => refresh() }),
    )
    const now = () => sumOf(items.map(({ chosen }) => chosen()))
    const refresh = () => {
      const { points, sum: total, count } = now()
      write(sum, points ? t`Sum ${total} of ${2 * items.length}; ${score.ready} or more is asked for.` : t`${count} of ${items.length} items, sum so far ${total}`)
    }
    refresh()
    const submit = () => {
      const { points } = now()
      return points ? act(chair, 'chart', { kind: code, points }) : { ok: false, sentence: t('Each item needs its points.') }
    }
    const body = [whose(chair), make('div.sheet', {}, items.map(({ element }) => element)), sum]
    return openDialog({ title: t(score.name), body, submit, submitLabel: t('Chart the score') })
  })

/** One level of a scale, with its words. */
export const openScale = (chair, code) =>
  withWords(t('Scale'), (words) => {
    const scale = words.scales.find((one) => one.code === code)
    const levels = Array.from({ length: scale.high - scale.low + 1 }, (_, index) => String(scale.low + index))
    const level = choice(t(scale.name), levels.map((one) => [one, scale.words[one] ? `${one} · ${t(scale.words[one])}` : one]))
    level.element.classList.add('stacked')
    const submit = () =>
      level.chosen() === null ? { ok: false, sentence: t('Nothing was chosen.') } : act(chair, 'chart', { kind: code, level: Number(level.chosen()) })
    return openDialog({ title: t(scale.name), body: [whose(chair), level.element], submit, submitLabel: t('Chart') })
  })
