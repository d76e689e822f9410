// The sheets of charting: side effect, drug, line site, pump, note, and what is charted seldom. Where a tap says all, the tap
// charts it and the sheet goes; words are typed before that tap. `told` is called once something was charted.

import { act } from './actions.js'
import { capital } from './charted.js'
import { choice, field, openDialog } from './dialogs.js'
import { make } from './make.js'
import { whose } from './steps.js'
import { t } from './text.js'
import { withWords } from './vocabulary.js'

const FIRST_TERMS = 14 // the clinics' own words, and what scales have as well
const SEVERITIES = { none: t('Over'), mild: t('Mild'), moderate: t('Moderate'), severe: t('Severe') }
const PICK = { line_site: [t('Line site'), t('In your words')], pump: [t('Pump'), t('What the pump shows')] }
const ARMS = [['other', t('Different arms')], ['same', t('The same arm')]]

const overLast = ([a], [b]) => (a === 'none') - (b === 'none')

const wrong = (sentence) => ({ ok: false, sentence })

/** Opens a sheet; `told` is called once something was charted. */
async function openSheet(chair, told, title, body, submit) {
  if (await openDialog({ title, body: [whose(chair), ...body], submit, submitLabel: t('Chart') })) told()
}

let groups = 0

/** One of many words, as chips; the first `most` at once, the others behind a line: {element, chosen()}. */
function chips(label, words, most = words.length, onchange = () => undefined) {
  const name = `chips-${++groups}`
  const chip = (word) => make('label', {}, make('input', { type: 'radio', name, value: word, onchange }), make('span', {}, capital(t(word))))
  const row = (some) => make('div.chips', {}, some.map(chip))
  const rest = words.length > most && make('details', {}, make('summary', {}, t`${words.length - most} more`), row(words.slice(most)))
  const element = make('fieldset.choice', {}, make('legend', {}, label), row(words.slice(0, most)), rest)
  return { element, chosen: () => element.querySelector('input:checked')?.value ?? null }
}

/** Words of which a tap on one charts the sheet: {element, take()}. */
function taps(label, words) {
  let tapped = null
  const tap = (word) => (event) => {
    tapped = word
    event.currentTarget.form.requestSubmit()
  }
  const buttons = words.map(([word, text]) => make('button.button.raised', { type: 'button', onclick: tap(word) }, text))
  const element = make('fieldset.choice.taps', {}, make('legend', {}, label), make('div.options', {}, buttons))
  const take = () => {
    const word = tapped
    tapped = null
    return word
  }
  return { element, take }
}

/** A side effect: which, what was done about it, and how severe, which charts it. */
export const openSideEffect = (chair, told) => withWords(t('Side effect'), (words) => askSideEffect(chair, words, told))

function askSideEffect(chair, words, told) {
  const term = chips(t('Which'), words.side_effects, FIRST_TERMS)
  const action = field(t('Action taken, if any'), { maxLength: 500, placeholder: t('for example: rate lowered') })
  const severity = taps(t('How severe: a tap charts it'), words.severities.map((one) => [one, SEVERITIES[one] ?? t(one)]).sort(overLast))
  const submit = () => {
    const how = severity.take()
    if (!term.chosen()) return wrong(t('Choose which side effect it is.'))
    if (!how) return wrong(t('Tap how severe it is.'))
    return act(chair, 'chart', { kind: 'side_effect', term: term.chosen(), severity: how, text: action.input.value.trim() })
  }
  return openSheet(chair, told, t('Side effect'), [term.element, action.element, severity.element], submit)
}

/** A drug that was given: its name, freely where the clinic's list lacks it, and its amount, of which none is suggested. */
export const openDrug = (chair, told) => withWords(t('Drug given'), (words) => askDrug(chair, words, told))

function askDrug(chair, words, told) {
  const amount = field(t('Amount and way'), { maxLength: 200 })
  const drug = chips(t('Which'), words.drugs, words.drugs.length, () => amount.input.focus())
  const other = field(t('Another drug'), { maxLength: 60 })
  const submit = () => {
    const [term, text] = [other.input.value.trim() || drug.chosen(), amount.input.value.trim()]
    if (!term) return wrong(t('Choose or name the drug.'))
    if (!text) return wrong(t('A drug has an amount.'))
    return act(chair, 'chart', { kind: 'drug', term, text })
  }
  return openSheet(chair, told, t('Drug given'), [drug.element, make('div.fields', {}, other.element, amount.element)], submit)
}

/** The line site or the pump, as somebody saw it: a tap on its state charts it. */
export const openState = (chair, told, kind) => withWords(PICK[kind][0], (words) => askState(chair, words, told, kind))

function askState(chair, words, told, kind) {
  const [title, inWords] = PICK[kind]
  const text = field(t`${inWords}, before the tap`, { maxLength: 500 })
  const states = taps(t('A tap charts it'), (kind === 'pump' ? words.pump : words.sites).map((word) => [word, capital(t(word))]))
  const submit = () => {
    const term = states.take()
    return term ? act(chair, 'chart', { kind, term, text: text.input.value.trim() }) : wrong(t('Tap what you saw.'))
  }
  const open = openSheet(chair, told, title, [text.element, states.element], submit)
  states.element.querySelector('button').focus()
  return open
}

/** A note in own words. */
export function openNote(chair, told) {
  const text = make('textarea', { id: `note-${++groups}`, maxLength: 500, rows: 4 })
  const submit = () => {
    const note = text.value.trim()
    return note ? act(chair, 'chart', { kind: 'note', text: note }) : wrong(t('The note is empty.'))
  }
  const box = make('div.field', {}, make('label', { htmlFor: text.id }, t('Note')), make('div.box', {}, text))
  const open = openSheet(chair, told, t('Note'), [box], submit)
  text.focus()
  return open
}

/** What is charted seldom: where the cuff is, and a CADSS-6 sum. What is left alone is not charted. */
export function openMore(chair, told) {
  const arm = choice(t('Cuff and probe on'), ARMS)
  const sum = field(t('CADSS-6, sum of six items'), { unit: '0–24', inputMode: 'numeric', maxLength: 2 })
  const submit = async () => {
    const typed = sum.input.value.trim()
    if (typed && !/^\d+$/.test(typed)) return wrong(t('CADSS-6 is a whole number from 0 to 24.'))
    const entries = [arm.chosen() && { kind: 'cuff_arm', term: arm.chosen() }, typed && { kind: 'cadss6', level: Number(typed) }].filter(Boolean)
    if (!entries.length) return wrong(t('Nothing was chosen.'))
    for (const entry of entries) {
      const outcome = await act(chair, 'chart', entry)
      if (!outcome.ok) return outcome
    }
    return { ok: true }
  }
  return openSheet(chair, told, t('More to chart'), [arm.element, sum.element], submit)
}
