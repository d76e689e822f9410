// A limit of the pre-set with its delay, to be looked at or changed in a draft. Used where the pre-set is edited and where
// other numbers are tried.

import { field } from './dialogs.js'
import { equal, parse } from './dose.js'
import { make, write } from './make.js'
import { delayKey, inWords, keyOf, plain } from './presetwords.js'
import { MARKS } from './words.js'

/** A row. `delay` is null where readings are counted, not seconds; `draft` is a map, `changed()` is called after each change of it. */
export function limitRow(limit, delay, { mayEdit, draft, changed }) {
  const mark = make(`span.mark.${limit.priority}`, { title: `${limit.priority} priority` }, MARKS[limit.priority])
  const waits = delay ? `, ${delay.shipped} s` : ''
  const shipped = `shipped ${plain(limit.shipped)}${waits}; ${limit.least} to ${limit.most}`
  if (!mayEdit) {
    const words = `${inWords(limit)}${delay ? ` for ${delay.value} s` : ''}`
    return make('div.limit', {}, mark, make('span', {}, words), make('small', {}, shipped))
  }
  const box = field(inWords(limit), { value: draft.get(keyOf(limit)) ?? plain(limit.value), inputMode: 'numeric', maxLength: 5 })
  write(box.hint, shipped)
  const element = make('div.limit', {}, mark, box.element)
  const typing = (input, key, isSame) => {
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
  typing(box.input, keyOf(limit), (typed) => parse(typed) && equal(parse(typed), parse(limit.value)))
  if (delay) {
    const value = draft.get(delayKey(delay)) ?? String(delay.value)
    const wait = make('input', { value, inputMode: 'numeric', maxLength: 3, autocomplete: 'off', ariaLabel: `${inWords(limit)}, delay in seconds` })
    box.element.append(make('div.box.wait', {}, wait, make('span.unit', { 'aria-hidden': 'true' }, 's')))
    typing(wait, delayKey(delay), (typed) => typed === String(delay.value))
  }
  return element
}

/** What the changes of a draft to limits and delays are, old → new. */
export function sentencesOf({ limits, delays }, draft) {
  const said = []
  for (const limit of limits) {
    const typed = draft.get(keyOf(limit))
    if (typed !== undefined) said.push(`${MARKS[limit.priority]} ${inWords(limit)} → ${typed || '–'}`)
  }
  for (const delay of delays) {
    const typed = draft.get(delayKey(delay))
    const limit = limits.find((one) => keyOf(one) === keyOf(delay))
    if (typed !== undefined) said.push(`${MARKS[delay.priority]} ${inWords(limit)}, after ${delay.value} s → ${typed || '–'} s`)
  }
  return said
}
