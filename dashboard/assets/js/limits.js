// Changes alarm limits at one chair, for this session: old and new side by side, with a reason, confirmed before it is sent.

import { act } from './actions.js'
import { field, openDialog } from './dialogs.js'
import { equal, exact, parse } from './dose.js'
import { make, write } from './make.js'
import { state } from './stream.js'
import { t } from './text.js'
import { MARKS, NAMES, PRIORITIES, UNITS } from './words.js'

const SIGNS = { '<': '<', '<=': '≤', '>': '>', '>=': '≥' }
const ORDER = { high: 0, medium: 1, low: 2 }

const plain = (value) => exact(parse(value)) ?? value
const nameOf = (limit) => NAMES[limit.parameter] ?? limit.parameter
const isFrom = ({ basis }) => basis === 'percent' || basis === 'points'
const below = ({ comparison }) => comparison.startsWith('<')
const words = (limit) =>
  limit.code === 'hr_apart' ? t('HR and PR apart by more than') : isFrom(limit) ? (below(limit) ? t`${nameOf(limit)} under baseline by` : t`${nameOf(limit)} over baseline by`) : `${nameOf(limit)} ${SIGNS[limit.comparison]}`
const unitOf = (limit) =>
  limit.basis === 'percent' ? '%' : limit.basis === 'points' ? t('points') : (UNITS[limit.parameter] ?? '')

function rowOf(limit) {
  const box = field(words(limit), {
    unit: unitOf(limit),
    value: plain(limit.value),
    inputMode: 'decimal',
    maxLength: 7,
  })
  const own = limit.changed_by ? t`, changed by ${limit.changed_by}` : ''
  write(box.hint, t`clinic ${plain(limit.preset)}${own}`)
  const mark = make(`span.mark.${limit.priority}`, { title: t`${PRIORITIES[limit.priority].toLowerCase()} priority` }, MARKS[limit.priority])
  const element = make('div.limit', {}, mark, box.element)
  box.input.addEventListener('input', () => element.classList.toggle('changed', isChanged({ limit, box })))
  return { limit, box, element }
}

const isChanged = ({ limit, box }) => {
  const value = parse(box.input.value)
  return !value || !equal(value, parse(limit.value))
}

/** What a group of limits is called; those beside others are named after what they are for. */
function legend(limit) {
  const special = {
    sbp_alone: t('SBP high without a rise'),
    spo2_fallen: t('SpO₂ fallen, only under'),
    hr_risen: t('HR risen, only over'),
    hr_apart: t('HR and PR apart'),
  }[limit.code]
  if (special) return special
  if (isFrom(limit)) return below(limit) ? t`${nameOf(limit)} fall from baseline` : t`${nameOf(limit)} rise from baseline`
  return below(limit) ? t`${nameOf(limit)} low` : t`${nameOf(limit)} high`
}

function groups(rows) {
  const codes = [...new Set(rows.map(({ limit }) => limit.code))]
  return codes.map((code) => {
    const these = rows.filter(({ limit }) => limit.code === code).sort((a, b) => ORDER[a.limit.priority] - ORDER[b.limit.priority])
    const name = legend(these[0].limit)
    return make(
      'fieldset.limits',
      {},
      make('legend', {}, name),
      these.map(({ element }) => element),
    )
  })
}

const told = ({ limit, box }) => `${MARKS[limit.priority]} ${words(limit)} ${plain(limit.value)} → ${box.input.value.trim()}`

async function send(chair, rows, reason) {
  for (const { limit, box } of rows) {
    const value = exact(parse(box.input.value))
    const outcome = await act(chair, 'set_limit', { code: limit.code, priority: limit.priority, value, reason })
    if (!outcome.ok) return { ...outcome, sentence: `${words(limit)} ${value}: ${outcome.sentence}` }
    limit.value = value
  }
  return { ok: true }
}

/** Shows the limits in force at `chair` and changes those that are typed anew. */
export function openLimits(chair) {
  const { limits, name, session } = state.chairs.get(chair)
  const rows = limits.map((limit) => rowOf({ ...limit }))
  const reason = field(t('Reason'), { maxLength: 200 })
  const summary = make('p.summary', { hidden: true })
  let confirmed = ''
  const submit = async () => {
    const changed = rows.filter(isChanged)
    if (!changed.length) return { ok: false, sentence: t('No limit was changed.') }
    if (changed.some(({ box }) => !parse(box.input.value))) return { ok: false, sentence: t('A limit is a number.') }
    if (!reason.input.value.trim()) return { ok: false, sentence: t('A change of limits needs a reason.') }
    const news = changed.map(told).join('\n')
    if (confirmed !== news) {
      confirmed = news
      summary.hidden = false
      summary.textContent = news
      return { ok: false, sentence: t('Press again to set this.') }
    }
    return send(chair, changed, reason.input.value.trim())
  }
  const who = session ? session.patient.initials : t('no patient')
  const body = [make('div.limit-groups', {}, groups(rows)), reason.element, summary]
  return openDialog({
    title: t`Limits, ${name}`,
    aside: t`${who} · this session only`,
    body,
    submit,
    submitLabel: t('Set limits'),
    wide: true,
  })
}
