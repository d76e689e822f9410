// The clinic's protocols, templates of orders, within the pre-set: listed, one edited beside the list, added, retired. Nothing counts
// before it is signed with the rest of the pre-set.

import { choice, field } from './dialogs.js'
import { parse } from './dose.js'
import { button, make, write } from './make.js'
import { amountOf, orderOf, PARTS, plain, protocolWords, TIERS, UNITS } from './presetwords.js'
import { t } from './text.js'

const BLANK = {
  name: '', order: { kind: 'dose', dose_mg_kg: null, duration_min: null }, premedication: [], nibp_interval_min: 5, tier: 'pain',
  recovery_min: 60, charting_first_min: 10, charting_every_min: 15, response: '',
}
const WHOLE = [
  ['nibp_interval_min', t('Cuff every')],
  ['recovery_min', t('Recovery, at least')],
  ['charting_first_min', t('Charting, first after')],
  ['charting_every_min', t('Charting, then every')],
]

/** The protocols on the page, as they stand and as they are to be: [{was, form, retired}]; `was` is null for a new one. */
export const draftOf = (protocols) => protocols.map((was) => ({ was, form: formOf(was), retired: false }))

function formOf(one) {
  const numbers = Object.fromEntries(WHOLE.map(([name]) => [name, String(one[name])]))
  const amount = amountOf(one)
  return {
    name: one.name, kind: one.order.kind, amount: amount === null ? '' : plain(amount), minutes: String(one.order.duration_min ?? ''),
    premedication: one.premedication.join(', '), tier: one.tier, response: one.response, ...numbers,
  }
}

const isChanged = ({ was, form, retired }) => retired || !was || JSON.stringify(form) !== JSON.stringify(formOf(was))
export const changedOnes = (draft) => draft.filter((one) => isChanged(one) && !(one.retired && !one.was))

/** As the server takes it; what cannot be a number stays as typed, and `troubleWith` says so. */
function valueOf(form) {
  const numbers = Object.fromEntries(WHOLE.map(([name]) => [name, Number(form[name])]))
  return {
    name: form.name.trim(),
    order: orderOf(form.kind, form.amount ? plain(form.amount) : null, form.minutes ? Number(form.minutes) : null),
    premedication: form.premedication.split(',').map((drug) => drug.trim()).filter(Boolean),
    tier: form.tier, response: form.response.trim(), ...numbers,
  }
}

export const wishedProtocols = (draft) => draft.filter(({ retired }) => !retired).map(({ form }) => valueOf(form))

export function troubleWith(draft) {
  for (const { form, retired } of draft) {
    if (retired) continue
    if (!form.name.trim()) return t('A protocol needs a name.')
    if (form.amount && !parse(form.amount)) return t`${form.name}: the amount is a number, or empty.`
    const wrong = [...WHOLE, ['minutes', t('Duration')]].find(([name]) => !/^\d{0,3}$/.test(form[name]) || (name !== 'minutes' && !form[name]))
    if (wrong) return t`${form.name}: “${wrong[1]}” is whole minutes.`
  }
  return ''
}

/** What changes, old → new, a sentence for each thing. */
export function protocolSentences(draft) {
  return changedOnes(draft).flatMap(({ was, form, retired }) => {
    if (retired) return [t`Protocol “${was.name}” is retired`]
    const now = valueOf(form)
    const parts = Object.entries(protocolWords(now))
    if (!was) return [t`New protocol “${now.name || '–'}”: ${parts.map(([part, text]) => text && `${PARTS[part]} ${text}`).filter(Boolean).join('; ')}`]
    const before = protocolWords(was)
    const moved = parts.filter(([part, text]) => text !== before[part]).map(([part, text]) => `“${was.name}”, ${PARTS[part]}: ${before[part] || t('nothing')} → ${text || t('nothing')}`)
    return now.name === was.name ? moved : [t`Protocol “${was.name}” is called “${now.name || '–'}”`, ...moved]
  })
}

/** The list. `page` has protocols (the draft), chosenProtocol (an index), mayEdit(), changed(). */
export function protocolTable(page) {
  const heads = [t('Protocol'), t('Order'), t('First'), t('Cuff'), t('Charting'), t('Recovery')].map((name) => make('th', { scope: 'col' }, name))
  const rows = page.protocols.map((one, index) => makeRow(page, one, index))
  const table = make('table.protocols', {}, make('thead', {}, make('tr', {}, heads)), make('tbody', {}, rows))
  const none = page.protocols.length ? null : make('p.none', {}, t('There is no protocol. Every order is written at the admission.'))
  const add = page.mayEdit() && button('raised', t('Add a protocol'), () => adding(page), 'plus')
  return make('div.protocol-list', {}, table, none, make('p.add', {}, add))
}

function adding(page) {
  page.protocols.push({ was: null, form: formOf(BLANK), retired: false })
  page.chooseProtocol(page.protocols.length - 1)
  page.changed()
  page.panel.querySelector('input')?.focus()
}

function makeRow(page, one, index) {
  const choosing = () => page.chooseProtocol(index)
  const said = protocolWords(valueOf(one.form))
  const name = make('button.rule-name', { type: 'button' }, one.form.name.trim() || t('New protocol'))
  const cell = (title, text) => make('td', { 'data-title': title }, text || '–')
  const state = one.retired ? t('retired') : !one.was ? t('new') : isChanged(one) ? t('changed') : ''
  const cells = [cell(t('Order'), said.order), cell(t('First'), said.premedication), cell(t('Cuff'), said.cuff), cell(t('Charting'), said.charting), cell(t('Recovery'), said.recovery)]
  const row = make('tr', { onclick: choosing }, make('td', {}, name, state && make('span.chip', {}, state)), cells)
  row.dataset.protocol = String(index)
  row.classList.toggle('chosen', page.chosenProtocol === index)
  row.classList.toggle('retired', one.retired)
  return row
}

/** One protocol beside the list: to read, or for a physician to change. */
export function protocolPanel(page) {
  const one = page.protocols[page.chosenProtocol]
  if (!one) return [make('p.note', {}, t('Choose a protocol.'))]
  const title = make('h2', {}, one.form.name.trim() || t('New protocol'))
  const head = make('header', {}, title, make('span.chip', {}, TIERS[one.form.tier]))
  if (!page.mayEdit() || one.retired) return [head, ...reading(page, one)]
  return [head, ...editing(page, one, title)]
}

function reading(page, one) {
  const lines = Object.entries(protocolWords(valueOf(one.form))).map(([part, text]) => make('div', {}, make('dt', {}, PARTS[part]), make('dd', {}, text || '–')))
  const back = one.retired && button('outlined', t('Keep it'), () => retiring(page, one, false))
  const note = one.retired ? t('Retired with the next version; all versions keep it.') : t('A physician changes this and signs it.')
  return [make('dl.protocol-words', {}, lines), make('p.note', {}, note), back || '']
}

function retiring(page, one, retired) {
  if (retired && !one.was) page.protocols.splice(page.protocols.indexOf(one), 1)
  else one.retired = retired
  page.chooseProtocol(Math.min(page.chosenProtocol, page.protocols.length - 1))
  page.changed()
}

function editing(page, one, title) {
  const { form } = one
  const set = (name) => (value) => {
    form[name] = value
    write(title, form.name.trim() || t('New protocol'))
    page.changed()
  }
  const text = (name, label, options) => {
    const box = field(label, { value: form[name], ...options })
    box.input.addEventListener('input', () => set(name)(box.input.value))
    return box
  }
  const amount = text('amount', t('Amount'), { unit: UNITS[form.kind], inputMode: 'decimal', maxLength: 7, placeholder: t('at admission') })
  const kind = choice(t('Ordered by'), Object.entries(UNITS), { value: form.kind, onchange: (word) => {
    write(amount.unit, UNITS[word])
    set('kind')(word)
  } })
  const minutes = text('minutes', t('Duration'), { unit: 'min', inputMode: 'numeric', maxLength: 3, placeholder: t('at admission') })
  const drugs = text('premedication', t('Premedication, separated by commas'), { maxLength: 400 })
  const whole = WHOLE.map(([name, label]) => text(name, label, { unit: 'min', inputMode: 'numeric', maxLength: 3 }).element)
  const tier = choice(t('Watched as'), Object.entries(TIERS), { value: form.tier, onchange: set('tier') })
  const words = make('textarea', { rows: 3, maxLength: 400, value: form.response, ariaLabel: t('Read when the protocol is chosen') })
  words.addEventListener('input', () => set('response')(words.value))
  return [
    text('name', t('Name'), { maxLength: 80 }).element,
    kind.element,
    make('div.fields.pair', {}, amount.element, minutes.element),
    drugs.element,
    make('div.fields.pair', {}, whole),
    tier.element,
    make('h3', {}, t('Read when the protocol is chosen')),
    make('div.field.response-edit', {}, make('div.box', {}, words)),
    make('p.note', {}, t('An empty amount or duration is asked for at each admission. Counts from the next admission on.')),
    button('outlined', t('Retire this protocol'), () => retiring(page, one, true)),
  ]
}
