// What is asked for before the next step, as the server judges it: read again while it is shown, each with the action beside
// it. What cannot be had is told as not known, never as it was. A person decides.

import { press, read } from './actions.js'
import { button, keyed, make, write } from './make.js'
import { t } from './text.js'

export const DECIDES = t('Vigil shows what is met; a person decides and signs.')
export const NOT_KNOWN = t('What is met is not known: the server does not answer.')

/** {phase, criteria} now; null while the server does not answer. */
export const readCriteria = (chair) => read(`chairs/${encodeURIComponent(chair)}/criteria`)

export const missingOf = (list) => list.filter(({ met }) => !met)
export const countOf = (list) => t`${list.length - missingOf(list).length} of ${list.length} met`

const LATE_MS = 8000

/**
 * Reads the criteria at once and every `everyMs` into `take`, one reading at a time, until told to leave: {leave, again}.
 * An answer that is late is told as none, and asked for anew.
 */
export function watchCriteria(chair, take, everyMs) {
  let [left, begun, taken, askedAt] = [false, 0, 0, 0]
  const again = async () => {
    const turn = ++begun
    askedAt = performance.now()
    const answer = await readCriteria(chair)
    if (left || turn < taken) return
    taken = turn
    take(answer)
  }
  const timer = setInterval(() => {
    if (begun === taken) return again()
    if (performance.now() - askedAt < LATE_MS) return
    take(null)
    again()
  }, everyMs)
  again()
  const leave = () => {
    left = true
    clearInterval(timer)
  }
  return { leave, again }
}

/** An action of a row: `run` gives back {ok, sentence}; `when` tells for which states of the criterion it is offered. */
export const action = (label, run, when = () => true) => ({ label, run, when })

/** The list: {element, show(criteria or null)}. `actionsOf(code)` are the actions of a row; `done` is called after each. */
export function makeCriteria(actionsOf, done) {
  const list = make('ul.criteria')
  const unknown = make('p.unknown', { role: 'status' })
  const refusal = make('p.refusal', { role: 'alert' })

  const create = ({ code }) => {
    const buttons = actionsOf(code).map(({ label, run, when }) => {
      const made = button('outlined', label, async () => {
        const outcome = await press(made, run, refusal)
        if (outcome) done()
      })
      return { made, when }
    })
    const parts = { state: make('span.state'), text: make('b'), detail: make('span.detail') }
    const row = make(
      'li.criterion',
      {},
      parts.state,
      make('div.what', {}, parts.text, parts.detail),
      make('div.does', {}, buttons.map(({ made }) => made)),
    )
    rows.set(row, { ...parts, buttons })
    return row
  }
  const rows = new WeakMap()
  const update = (row, item) => {
    const { state, text, detail, buttons } = rows.get(row)
    row.dataset.met = item.met
    row.dataset.code = item.code
    write(state, item.met ? t('met') : t('not yet'))
    write(text, t(item.text))
    write(detail, t(item.detail))
    buttons.forEach(({ made, when }) => (made.hidden = !when(item)))
  }
  const show = (criteria) => {
    write(unknown, criteria ? '' : NOT_KNOWN)
    keyed(list, criteria ?? [], ({ code }) => code, create, update)
  }
  return { element: make('div.criteria-list', {}, list, unknown, refusal), show }
}

/** The sentences of what is missing, for a dialog that goes on without it. */
export const missingList = (list) =>
  make('div.missing', {}, make('p', {}, t('Not met:')), make('ul', {}, missingOf(list).map(({ text, detail }) => make('li', {}, detail ? `${t(text)} (${t(detail)})` : t(text)))))
