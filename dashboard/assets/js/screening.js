// What is asked before an infusion: the indication, what speaks against it, who takes the patient home. Nothing is answered
// beforehand. An absolute yes bars the start until a physician overrides it, and says so at once.

import { act, actor, read } from './actions.js'
import { choice, field, openDialog } from './dialogs.js'
import { make, write } from './make.js'
import { chairOf, whose } from './steps.js'
import { t } from './text.js'
import { plural } from './words.js'
import { withWords } from './vocabulary.js'
import { hour } from './walltime.js'

const NO_YES = [
  ['no', t('No')],
  ['yes', t('Yes')],
]
const yes = (is) => (is === undefined ? null : is ? 'yes' : 'no')

/** The questions whose yes bars the start now. */
export const barsOf = (screening, { questions }) =>
  !screening || screening.overridden_by
    ? []
    : questions.filter(({ code, absolute }) => absolute && screening.speaks_against.includes(code))

/** Who may override and confirm, in words: "Dr. Haas", "Dr. Haas or Dr. Okoro", or "a physician". */
export async function physicians() {
  const named = ((await read('users'))?.users ?? []).filter(({ role }) => role === 'physician').map(({ name }) => name)
  return named.length ? named.join(` ${t('or')} `) : t('a physician')
}

export const isPhysician = () => actor?.role === 'physician'

function answersBefore(screening, words) {
  if (!screening) return { answers: {}, confirmed: {} }
  const entries = (list, codes, when) => Object.fromEntries(list.map(({ code }) => [code, codes.includes(code) === when]))
  return {
    answers: entries(words.questions, screening.speaks_against, true),
    confirmed: entries(words.confirmations, screening.unconfirmed, false),
  }
}

function part(title, aside, children) {
  return make('section.part.questions', {}, make('h3', {}, title, make('span.aside', {}, aside)), children)
}

function makeForm(words, session, who) {
  const before = answersBefore(session.screening, words)
  const ask = (given) => ({ code, text }) => [code, choice(t(text), NO_YES, { value: yes(given[code]), onchange: () => refresh() })]
  const indication = choice(t('Indication'), words.indications.map((text) => [text, t(text)]), {
    value: session.screening?.indication ?? null,
    onchange: () => refresh(),
  })
  indication.element.classList.add('wrapped')
  const [absolute, relative] = [true, false].map((is) => words.questions.filter((one) => one.absolute === is).map(ask(before.answers)))
  const confirmed = words.confirmations.map(ask(before.confirmed))
  const answers = [...absolute, ...relative]
  const reason = field(t('Reason of the physician'), { maxLength: 200 })
  const bar = make('p.bar-word', { role: 'status' })
  const override = make('div.override', { hidden: true }, bar, isPhysician() ? reason.element : null)
  const shown = ([, { element }]) => element
  const element = make(
    'div.screening',
    {},
    indication.element,
    make('div', {}, part(t('Speaks against it'), t('yes bars the start'), absolute.map(shown)), override),
    make('div', {}, part(t('Caution'), t('yes is a warning'), relative.map(shown)), part(t('Confirmed'), '', confirmed.map(shown))),
  )
  const barring = () => absolute.filter(([, { chosen }]) => chosen() === 'yes').map(([code]) => words.questions.find((one) => one.code === code))
  const open = () => [...answers, ...confirmed].filter(([, { chosen }]) => chosen() === null).length + (indication.chosen() ? 0 : 1)
  const said = (list) => Object.fromEntries(list.map(([code, { chosen }]) => [code, chosen() === 'yes']))

  function refresh() {
    const bars = barring()
    override.hidden = !bars.length
    for (const [code, { element: row }] of absolute) row.classList.toggle('bars', bars.some((one) => one.code === code))
    const may = isPhysician() ? t('Your reason overrides it; without one the start stays barred.') : t`${who} may override, with a reason.`
    write(bar, bars.length ? `${t`${bars.map(({ text }) => t(text)).join('; ')}: this bars the start.`} ${may}` : '')
    const submit = element.closest('form')?.querySelector('footer .light')
    if (!submit) return
    write(submit.querySelector('span'), open() ? plural(open(), t('Keep, needs 1 answer'), t`Keep, needs ${open()} answers`) : t('Keep the answers'))
    submit.classList.toggle('waiting', open() > 0)
  }
  const body = () => ({
    indication: indication.chosen(),
    answers: said(answers),
    confirmed: said(confirmed),
    reason: barring().length && isPhysician() ? reason.input.value.trim() : '',
  })
  return { element, refresh, open, body }
}

function answeredWords(screening) {
  if (!screening) return ''
  const over = screening.overridden_by ? t`Overridden by ${screening.overridden_by}: ${screening.reason}.` : ''
  return `${t`Answered ${hour(screening.at)} by ${screening.by}.`} ${over}`.trim()
}

/** Asks the questions at `chair`, or asks them anew with the answers that were given. */
export const openScreening = (chair) =>
  withWords(t('Before the infusion'), async (words) => {
    const { session } = chairOf(chair)
    const form = makeForm(words, session, await physicians())
    const submit = () =>
      form.open()
        ? { ok: false, sentence: t`Still to be answered: ${form.open()}.` }
        : act(chair, 'screen', form.body())
    const body = [whose(chair), make('p.quiet.answered', {}, answeredWords(session.screening)), form.element]
    const done = openDialog({ title: t('Before the infusion'), body, submit, submitLabel: t('Keep the answers'), wide: true })
    form.refresh()
    return done
  })
