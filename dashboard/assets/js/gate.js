// Ready to start: what is asked for before an infusion, whether it is met, and the way to it beside it. Nothing here bars the
// start but an answer that a physician must override; what is missing is written down with the reason.

import { act, actor } from './actions.js'
import { action, countOf, DECIDES, makeCriteria, missingList, missingOf, NOT_KNOWN, readCriteria, watchCriteria } from './criteria.js'
import { choice, field, openDialog } from './dialogs.js'
import { openLimits } from './limits.js'
import { make, write } from './make.js'
import { openBaseline } from './observed.js'
import { barsOf, isPhysician, openScreening, physicians } from './screening.js'
import { chairOf, rateWords, whose } from './steps.js'
import { t } from './text.js'
import { withWords } from './vocabulary.js'

const EVERY_MS = 2000
const OTHER = 'another'

/** A button that opens something: leaving it is no failure. */
export const opens = (label, open, when) => action(label, () => Promise.resolve(open()).then(() => ({ ok: true })), when)

/** A button that charts. */
export const charts = (chair, label, entry, when) => action(label, () => act(chair, 'chart', entry), when)

/** A check that is made with a tap, and taken back with another. */
export const checks = (chair, code, label) => [
  charts(chair, label, { kind: 'check', term: code, level: 1 }, ({ met }) => !met),
  charts(chair, t('Take back'), { kind: 'check', term: code, level: 0 }, ({ met }) => met),
]

const actionsAt = (chair) => ({
  baseline: [opens(t('Baseline…'), () => openBaseline(chair))],
  screening: [opens(t('Questions…'), () => openScreening(chair))],
  home: [opens(t('Questions…'), () => openScreening(chair))],
  order: [opens(t('Confirm order…'), () => confirmOrder(chair), ({ met }) => !met)],
  limits_seen: [opens(t('Limits…'), () => openLimits(chair)), ...checks(chair, 'limits_seen', t('I saw them'))],
  sound_heard: checks(chair, 'sound_heard', t('I heard them')),
  premedication: [opens(t('Premedication…'), () => openPremedication(chair))],
  arms: [
    charts(chair, t('Different arms'), { kind: 'cuff_arm', term: 'other' }),
    charts(chair, t('Same arm'), { kind: 'cuff_arm', term: 'same' }),
  ],
})

/** Opens the list with its actions; from here the infusion is started. */
export function openGate(chair) {
  const { session } = chairOf(chair)
  const actions = actionsAt(chair)
  const list = makeCriteria((code) => actions[code] ?? [], () => watch.again())
  const count = make('p.tally', { role: 'status' })
  const body = [whose(chair), make('p', {}, orderWords(session)), count, list.element, make('p.quiet', {}, DECIDES)]
  const take = (answer) => {
    if (answer && answer.phase !== 'planned') return list.element.closest('dialog')?.close()
    const criteria = answer?.criteria ?? null
    list.show(criteria)
    write(count, criteria ? countOf(criteria) : '')
    const go = list.element.closest('form')?.querySelector('footer .light span')
    if (go) write(go, criteria && missingOf(criteria).length ? t`Start…, ${missingOf(criteria).length} not met` : t('Start…'))
  }
  const submit = async () => ({ ok: await askStart(chair), sentence: '' })
  const done = openDialog({ title: t('Ready to start'), body, submit, submitLabel: t('Start…') })
  const watch = watchCriteria(chair, take, EVERY_MS)
  return done.finally(watch.leave)
}

const orderWords = (session) => {
  const { rate, also } = rateWords(session)
  return `${t(session.order)}. ${rate}, ${also}.`
}

/** Asks to start: with what is missing and why in spite of it; not at all where an answer bars it. */
export const askStart = (chair) =>
  withWords(t('Start the infusion?'), async (words) => {
    const [answer, who] = await Promise.all([readCriteria(chair), physicians()])
    const { session } = chairOf(chair)
    const bars = barsOf(session.screening, words)
    const barred = bars.map(({ text }) => t`${t(text)}: yes. This bars the start until ${who} overrides it with a reason, under Questions.`)
    const missing = answer ? missingOf(answer.criteria) : []
    const reason = field(t('Why in spite of that'), { maxLength: 200 })
    const submit = () => {
      if (bars.length) return { ok: false, sentence: t('It cannot be started: an answer bars it.') }
      if (missing.length && !reason.input.value.trim()) return { ok: false, sentence: t('A start in spite of what is not met needs a reason.') }
      return act(chair, 'start', { reason: reason.input.value.trim() })
    }
    const body = [
      whose(chair),
      make('p', {}, orderWords(session)),
      barred.map((sentence) => make('p.bar-word', {}, sentence)),
      answer ? null : make('p.unknown', {}, NOT_KNOWN),
      missing.length ? missingList(missing) : null,
      missing.length && !bars.length ? reason.element : null,
      make('p.quiet', {}, t('Start the pump in the same moment. This starts the clock, not the pump.')),
    ]
    return openDialog({ title: bars.length ? t('The start is barred') : t('Start the infusion?'), body, submit, submitLabel: t('Start the clock') })
  })

/** Shows what is unusual of the order, for a physician to confirm; tells anybody else who may. */
export async function confirmOrder(chair) {
  const { session } = chairOf(chair)
  const who = await physicians()
  const may = isPhysician()
  const signed = actor ? t`${actor.name} is signed in as ${t(actor.role)}.` : t('Nobody is signed in.')
  const body = [
    whose(chair),
    make('p', {}, orderWords(session)),
    make('ul.asks', {}, session.asks.map((one) => make('li', {}, t(one)))),
    make('p.quiet', {}, may ? t`You confirm it as ${actor.name}.` : `${t`${who} may confirm this.`} ${signed}`),
  ]
  return openDialog({ title: t('Confirm the order'), body, submit: () => act(chair, 'confirm_order'), submitLabel: t('Confirm') })
}

/** Charts a drug given before the infusion, or that none was. */
export const openPremedication = (chair) =>
  withWords(t('Premedication'), (words) => {
    const options = [['none', t('No premedication')], ...words.drugs.map((drug) => [drug, t(drug)]), [OTHER, t('another drug')]]
    const what = choice(t('What was given'), options, { onchange: () => refresh() })
    what.element.classList.add('wrapped')
    const own = field(t('Which drug'), { maxLength: 60 })
    const amount = field(t('Amount and way, as given'), { maxLength: 100 })
    const refresh = () => {
      own.element.hidden = what.chosen() !== OTHER
      amount.element.hidden = what.chosen() === null || what.chosen() === 'none'
    }
    refresh()
    const submit = () => {
      const chosen = what.chosen()
      if (!chosen) return { ok: false, sentence: t('Nothing was chosen.') }
      if (chosen === 'none') return act(chair, 'chart', { kind: 'check', term: 'no_premedication', level: 1 })
      const [drug, text] = [chosen === OTHER ? own.input.value.trim() : chosen, amount.input.value.trim()]
      if (!drug || !text) return { ok: false, sentence: drug ? t('A drug has an amount.') : t('Which drug?') }
      return act(chair, 'chart', { kind: 'drug', term: drug, text })
    }
    const body = [whose(chair), what.element, own.element, amount.element]
    return openDialog({ title: t('Premedication'), body, submit, submitLabel: t('Chart') })
  })
