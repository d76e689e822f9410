// A limit of the pre-set with its delay, or another number of a rule, to be looked at or changed in a draft. Used where the pre-set is
// edited and where other numbers are tried.

import { field } from './dialogs.js'
import { equal, parse } from './dose.js'
import { make, write } from './make.js'
import { delayKey, inWords, isWider, keyOf, plain, settingKey, settingWords, withUnit } from './presetwords.js'
import { t } from './text.js'
import { MARKS, PRIORITIES } from './words.js'

/** What is typed into `input` goes to the draft under `key`; `isSame` says that it is what is there now. */
function typing(input, key, isSame, { draft, changed }) {
  const look = () => input.parentElement.classList.toggle('changed', draft.has(key))
  input.addEventListener('input', () => {
    const typed = input.value.trim()
    if (isSame(typed)) draft.delete(key)
    else draft.set(key, typed)
    look()
    changed()
  })
  look()
}

const isSameNumber = (value) => (typed) => parse(typed) && equal(parse(typed), parse(value))

/** A row. `delay` is null where readings are counted, not seconds; `draft` is a map, `changed()` is called after each change of it. */
export function limitRow(limit, delay, edits) {
  const { mayEdit, draft } = edits
  const mark = make(`span.mark.${limit.priority}`, { title: t`${PRIORITIES[limit.priority].toLowerCase()} priority` }, MARKS[limit.priority])
  const waits = delay ? `, ${delay.shipped} s` : ''
  const shipped = t`shipped ${plain(limit.shipped)}${waits}; ${limit.least} to ${limit.most}`
  if (!mayEdit) {
    const words = delay ? t`${inWords(limit)} for ${delay.value} s` : inWords(limit)
    return make('div.limit', {}, mark, make('span', {}, words), make('small', {}, shipped))
  }
  const box = field(inWords(limit), { value: draft.get(keyOf(limit)) ?? plain(limit.value), inputMode: 'numeric', maxLength: 5 })
  write(box.hint, shipped)
  const element = make('div.limit', {}, mark, box.element)
  typing(box.input, keyOf(limit), isSameNumber(limit.value), edits)
  if (delay) {
    const value = draft.get(delayKey(delay)) ?? String(delay.value)
    const wait = make('input', { value, inputMode: 'numeric', maxLength: 3, autocomplete: 'off', ariaLabel: t`${inWords(limit)}, delay in seconds` })
    box.element.append(make('div.box.wait', {}, wait, make('span.unit', { 'aria-hidden': 'true' }, 's')))
    typing(wait, delayKey(delay), (typed) => typed === String(delay.value), edits)
  }
  return element
}

/** A row of another number of a rule. */
export function settingRow(setting, edits) {
  const { meaning, value, unit, shipped, least, most } = setting
  const hint = t`shipped ${withUnit(plain(shipped), t(unit))}; ${plain(least)} to ${plain(most)}`
  if (!edits.mayEdit) return make('div.limit.setting', {}, make('span', {}, capital(settingWords(setting))), make('small', {}, hint))
  const typed = edits.draft.get(settingKey(setting)) ?? plain(value)
  const box = field(capital(t(meaning)), { unit: t(unit), value: typed, inputMode: 'decimal', maxLength: 5 })
  write(box.hint, hint)
  typing(box.input, settingKey(setting), isSameNumber(value), edits)
  return make('div.limit.setting', {}, box.element)
}

const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1)

const toldLater = (one, typed) => (isWider(one, typed) ? ` ${t('(wider: told later or less often)')}` : '')

/** What the changes of a draft to limits, delays and other numbers are, old → new, and which of them are wider. */
export function sentencesOf({ limits, delays, settings, rules, parts }, draft) {
  const said = []
  const titles = new Map([...rules, ...parts].map(({ code, title }) => [code, title]))
  for (const limit of limits) {
    const typed = draft.get(keyOf(limit))
    if (typed !== undefined) said.push(`${MARKS[limit.priority]} ${inWords(limit)} → ${typed || '–'}${toldLater(limit, typed)}`)
  }
  for (const delay of delays) {
    const typed = draft.get(delayKey(delay))
    const limit = limits.find((one) => keyOf(one) === keyOf(delay))
    if (typed !== undefined) said.push(`${MARKS[delay.priority]} ${t`${inWords(limit)}, after ${delay.value} s → ${typed || '–'} s`}${toldLater({ value: String(delay.value) }, typed)}`)
  }
  for (const setting of settings) {
    const typed = draft.get(settingKey(setting))
    if (typed === undefined) continue
    const wish = withUnit(typed || '–', t(setting.unit))
    said.push(`${t(titles.get(setting.rule))} · ${settingWords(setting)} → ${wish}${toldLater(setting, typed)}`)
  }
  return said
}
