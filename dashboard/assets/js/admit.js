// Admits a patient and takes the order: who, how heavy, how much. Shows the same dose in every unit before it is ordered,
// and asks where it is unusual. Checks for the eye only: the server judges.

import { act, read } from './actions.js'
import { choice, field, openDialog } from './dialogs.js'
import { exact, figure, isZero, kilograms, parse, pounds, rounded } from './dose.js'
import { icon } from './icons.js'
import { button, make, write } from './make.js'
import { everyUnit, guards, guardsOf, isAnotherWeight, orderBody, third, unitOf, weightDoubt } from './order.js'
import { shown, state } from './stream.js'
import { t } from './text.js'
import { CLOCK_NOT_PUMP, day } from './words.js'

const MODES = [
  ['dose', t('mg/kg over minutes')],
  ['rate_by_weight', 'mg/kg/h'],
  ['rate', 'mg/h'],
  ['rate_by_volume', 'mL/h'],
]
const FIGURES = [
  ['rateMgH', t('Rate'), 'mg/h', 2],
  ['rateMgKgH', t('Rate by weight'), 'mg/kg/h', 3],
  ['rateMlH', t('Pump'), 'mL/h', 2],
  ['totalMg', t('Total'), 'mg', 2],
  ['totalMgKg', t('Total by weight'), 'mg/kg', 3],
  ['volumeMl', t('Volume'), 'mL', 2],
  ['durationMin', t('Duration'), 'min', 2],
]
const NAMES = { rate: t('Rate'), duration: t('Duration'), total: t('Total') }
const positive = (text) => {
  const value = parse(text)
  return value && !isZero(value) ? value : null
}

function patientPart() {
  const initials = field(t('Initials'), { maxLength: 8, placeholder: 'M.K.' })
  const year = field(t('Year of birth'), { inputMode: 'numeric', maxLength: 4 })
  const id = field(t('Clinic id'), { maxLength: 64 })
  const weight = field(t('Weight'), { inputMode: 'decimal', maxLength: 7 })
  const unit = choice(
    t('Unit'),
    [
      ['kg', 'kg'],
      ['lb', 'lb'],
    ],
    { onchange: () => weight.input.dispatchEvent(new Event('input', { bubbles: true })) },
  )
  const row = make('div.fields', {}, initials.element, year.element, id.element)
  const element = make(
    'section.part',
    {},
    make('h3', {}, icon('person'), t('Patient')),
    row,
    make('div.fields.two', {}, weight.element, unit.element),
  )
  return { element, initials, year, id, weight, unit }
}

function orderPart(onmode) {
  const by = choice(t('Ordered by'), MODES, { value: 'dose', onchange: onmode })
  const figures = Object.fromEntries(
    Object.entries(NAMES).map(([name, label]) => [name, field(label, { inputMode: 'decimal', maxLength: 9 })]),
  )
  const row = make('div.fields.figures', {}, figures.rate.element, figures.duration.element, figures.total.element)
  const sum = make('p.hint', {}, '')
  const concentration = field(t('Concentration, if the pump runs by volume'), { unit: 'mg/mL', inputMode: 'decimal', maxLength: 7 })
  const asked = make('div.asked', { hidden: true, role: 'group', 'aria-label': t('To be confirmed') })
  const head = make('h3', {}, icon('infusion'), t('Order'), make('span.aside', {}, t('any two give the third')))
  const protocol = protocolPart()
  const element = make('section.part', {}, head, protocol.element, by.element, row, sum, concentration.element, asked)
  return { element, by, figures, sum, concentration, asked, protocol }
}

/** The clinic's protocols, to begin an order with; hidden until the server has told them. */
function protocolPart() {
  const select = make('select', { id: 'admit-protocol' }, make('option', { value: '' }, t('None, ordered here')))
  const hint = make('span.hint')
  const box = make('div.box', {}, select)
  const element = make('div.field', { hidden: true }, make('label', { htmlFor: select.id }, t('Protocol')), box, hint)
  return { element, select, hint, list: [] }
}

async function offerProtocols(form) {
  const preset = await read('preset')
  if (preset) {
    form.asks = guardsOf(preset.settings)
    form.refresh()
  }
  const { protocol } = form.order
  if (!preset?.protocols.length) return
  const { version, by } = preset.version
  protocol.signature = version ? (by ? t`pre-set ${version}, ${by.name}` : t`pre-set ${version}`) : t('as shipped, signed by nobody')
  protocol.list = preset.protocols
  protocol.select.append(...protocol.list.map(({ name }, index) => make('option', { value: String(index) }, name)))
  protocol.select.addEventListener('change', () => beginWith(form, chosenProtocol(form)))
  protocol.element.hidden = false
}

const chosenProtocol = ({ order: { protocol } }) => protocol.list[protocol.select.value] ?? null

/** Fills the order with a protocol's figures; what it leaves open stays empty and is asked for. */
function beginWith(form, protocol) {
  const { by, figures, protocol: part } = form.order
  write(part.hint, protocol ? hintOf(protocol, part.signature) : '')
  if (!protocol) return
  const { kind, dose_mg_kg: dose, rate_mg_kg_h: byWeight, rate_mg_h: rate, duration_min: minutes } = protocol.order
  by.element.querySelector(`input[value="${kind}"]`).checked = true
  form.entered = [kind === 'dose' ? 'total' : 'rate', 'duration']
  for (const { input } of Object.values(figures)) input.value = ''
  figures[form.entered[0]].input.value = dose ?? byWeight ?? rate ?? ''
  figures.duration.input.value = minutes ?? ''
  form.refresh()
}

function hintOf({ premedication, nibp_interval_min: cuff, recovery_min: recovery, order, response }, signature) {
  const open = Object.values(order).includes(null) ? t('amount or time is left to you') : ''
  const first = premedication.length ? t`first ${premedication.join(', ')}` : ''
  return [open, first, response, t`cuff every ${cuff} min`, t`recovery at least ${recovery} min`, signature].filter(Boolean).join(' · ')
}

/** The protocol that the order began with, as the session keeps it; a later version of the pre-set does not change it. */
function protocolOf(form) {
  const chosen = chosenProtocol(form)
  if (!chosen) return {}
  const { name, tier, nibp_interval_min, recovery_min, charting_first_min, charting_every_min } = chosen
  return { protocol: { name, tier, nibp_interval_min, recovery_min, charting_first_min, charting_every_min } }
}

/** The protocol's rhythm of the cuff, once the patient is admitted: before that it would be forgotten. */
async function setCuff(chair, form) {
  const minutes = chosenProtocol(form)?.nibp_interval_min
  if (!minutes || state.chairs.get(chair)?.nibp.interval_s === minutes * 60) return { ok: true }
  const outcome = await act(chair, 'nibp_interval', { minutes })
  return outcome.ok ? outcome : { ok: false, sentence: `${t`Admitted, but the cuff is not set to ${minutes} min.`} ${outcome.sentence}` }
}

function unitsPart() {
  const values = {}
  const rows = FIGURES.map(([name, label, unit]) => {
    values[name] = make('b', {}, '–')
    return make('div.unit-row', {}, make('span', {}, label), make('span.amount', {}, values[name], make('small', {}, unit)))
  })
  const weight = make('span.aside', {}, '')
  const note = make('p.hint', {}, t('A figure with … is shown rounded. The order is kept exactly.'))
  const head = make('h3', {}, t('In every unit'), weight)
  return { element: make('section.part.units', { 'aria-live': 'polite' }, head, rows, note), values, weight }
}

/** What the form says now, as fractions and sentences. */
function judge(form) {
  const { patient, order } = form
  const entered = positive(patient.weight.input.value)
  const unit = patient.unit.chosen()
  const weight = entered && unit ? kilograms(entered, unit) : null
  const mode = order.by.chosen()
  const given = Object.fromEntries(
    Object.keys(NAMES).map((name) => [name, form.entered.includes(name) ? positive(order.figures[name].input.value) : null]),
  )
  const figures = third(given)
  const concentration = positive(order.concentration.input.value)
  const units = weight
    ? everyUnit({ rate: null, total: null, duration: null, ...figures }, unitOf(mode), weight, concentration)
    : {}
  return {
    entered,
    unit,
    weight,
    mode,
    figures,
    concentration,
    units,
    asked: questions(weight, units, form),
    missing: missing(form, weight, figures),
  }
}

function questions(weight, units, { last, asks = guardsOf([]) }) {
  if (!weight) return []
  const unusual = weightDoubt(weight, asks) === 'asked' ? [t`A weight of ${figure(weight, 1)} kg is unusual.`] : []
  if (last && isAnotherWeight(weight, last.kg, asks))
    unusual.push(t`Now ${figure(weight, 1)} kg, at the last visit ${figure(last.kg, 1)} kg (${last.day}): more than ${exact(parse(asks.weight_percent))} % apart. The same patient, the right unit?`)
  return [...unusual, ...guards(units, asks)]
}

/** Asks the record what the patient with this id weighed last time; who is not known there is not asked. */
async function askLastVisit(form) {
  const id = form.patient.id.input.value.trim()
  form.last = null
  const visit = id ? await read(`last-visit?patient_id=${encodeURIComponent(id)}`) : null
  if (id !== form.patient.id.input.value.trim()) return
  const kg = visit?.weight_kg ? parse(visit.weight_kg) : null
  form.last = kg && { kg, day: day(shown(visit.at), state.zone) }
  form.refresh()
}

function missing({ patient, order }, weight, { rate, total, duration }) {
  const answers = []
  if (!patient.initials.input.value.trim()) answers.push('initials')
  if (!weight) answers.push(patient.weight.input.value.trim() ? t('unit of the weight') : t('weight'))
  if (!rate || !total || !duration) answers.push('order')
  if (order.by.chosen() === 'rate_by_volume' && !positive(order.concentration.input.value)) answers.push(t('concentration'))
  return answers
}

function weightHint({ entered, unit, weight }) {
  if (!entered) return ''
  if (!unit) return t('kg or lb?')
  if (weightDoubt(weight) === 'refused') return t('A weight must be 20 to 300 kg.')
  return unit === 'lb'
    ? t`${figure(entered, 1)} lb is taken as ${figure(weight, 1)} kg.`
    : t`${figure(weight, 1)} kg is ${rounded(pounds(weight), 1)} lb.`
}

function arithmetic({ mode, figures: { rate, duration, total } }, computed) {
  if (!computed || !rate || !duration || !total) return t('Enter two of the three.')
  const per = unitOf(mode)
  const [fast, long, all] = [`${figure(rate, 3)} ${per}/h`, `${figure(duration, 2)} min`, `${figure(total, 3)} ${per}`]
  if (computed === 'total') return `${fast} × ${long} ÷ 60 = ${all}`
  return computed === 'rate' ? `${all} ÷ ${long} × 60 = ${fast}` : `${all} ÷ ${fast} × 60 = ${long}`
}

function showFigures(form, verdict) {
  const computed = Object.keys(NAMES).find((name) => !form.entered.includes(name))
  const per = unitOf(verdict.mode)
  const units = { rate: `${per}/h`, duration: 'min', total: per }
  for (const [name, { element, input, unit, name: label }] of Object.entries(form.order.figures)) {
    const isComputed = name === computed && form.entered.length === 2
    element.classList.toggle('computed', isComputed)
    write(label, isComputed ? t`${NAMES[name]}, computed` : NAMES[name])
    write(unit, units[name])
    const value = verdict.figures[name]
    if (isComputed) input.value = value ? figure(value, 3) : ''
  }
  write(form.order.sum, arithmetic(verdict, form.entered.length === 2 ? computed : null))
}

function showUnits(form, verdict) {
  for (const [name, , , digits] of FIGURES) {
    const value = verdict.units[name]
    write(form.units.values[name], value ? figure(value, digits) : '–')
  }
  write(form.units.weight, verdict.weight ? `${figure(verdict.weight, 1)} kg` : t('weight needed'))
}

function showAsked(form, { asked, missing: open }) {
  const key = asked.join('\n')
  const box = form.order.asked
  box.hidden = !asked.length
  if (box.dataset.key !== key) {
    box.dataset.key = key
    form.confirmed = ''
    const go = button('raised', t('Continue'), () => {
      form.confirmed = key
      box.classList.add('confirmed')
      write(go.querySelector('span'), t('Confirmed by you'))
      form.refresh()
    })
    box.classList.remove('confirmed')
    box.replaceChildren(
      icon('warning'),
      make(
        'div',
        {},
        asked.map((sentence) => make('p', {}, sentence)),
        go,
      ),
    )
  }
  const needs = open.length + (asked.length && form.confirmed !== key ? 1 : 0)
  const submit = box.closest('form')?.querySelector('footer .light')
  if (!submit) return
  write(submit.querySelector('span'), needs > 1 ? t`Admit, needs ${needs} answers` : needs ? t('Admit, needs 1 answer') : t('Admit'))
  submit.classList.toggle('waiting', needs > 0)
}

/** A figure was typed: it counts as entered, and the one typed longest ago becomes the computed one. */
function typed(form, name) {
  const others = form.entered.filter((other) => other !== name)
  form.entered = form.order.figures[name].input.value.trim() ? [...others.slice(-1), name] : others
}

function makeForm() {
  const form = { entered: ['total', 'duration'], confirmed: '', last: null }
  form.patient = patientPart()
  form.order = orderPart((mode) => {
    form.entered = mode === 'dose' ? ['total', 'duration'] : ['rate', 'duration']
    form.order.figures.rate.input.value = form.order.figures.total.input.value = ''
    form.refresh()
  })
  form.units = unitsPart()
  form.refresh = () => {
    const verdict = judge(form)
    write(form.patient.weight.hint, weightHint(verdict))
    write(form.patient.weight.unit, verdict.unit ?? '')
    showFigures(form, verdict)
    showUnits(form, verdict)
    showAsked(form, verdict)
  }
  form.patient.id.input.addEventListener('change', () => askLastVisit(form))
  for (const name of Object.keys(NAMES)) form.order.figures[name].input.addEventListener('input', () => typed(form, name))
  return form
}

function bodyOf(form) {
  const verdict = judge(form)
  if (verdict.missing.length) return { refusal: t`Still needed: ${verdict.missing.join(', ')}.` }
  if (weightDoubt(verdict.weight) === 'refused') return { refusal: t('A weight must be 20 to 300 kg.') }
  if (verdict.asked.length && form.confirmed !== verdict.asked.join('\n'))
    return { refusal: t('Please confirm what is asked, or change the order.') }
  const { order, refusal } = orderBody(verdict.mode, verdict.figures)
  if (refusal) return { refusal }
  const year = form.patient.year.input.value.trim()
  if (year && !/^(19|20)\d\d$/.test(year)) return { refusal: t('The year of birth has four digits.') }
  return {
    body: {
      initials: form.patient.initials.input.value.trim(),
      birth_year: year ? Number(year) : null,
      patient_id: form.patient.id.input.value.trim() || null,
      weight_kg: figure(verdict.weight, 6),
      order,
      concentration_mg_ml: verdict.concentration ? figure(verdict.concentration, 6) : null,
      ...protocolOf(form),
    },
  }
}

/** Asks for a patient and an order for `chair` and admits; resolves to whether it was done. */
export function openAdmit(chair, name) {
  const form = makeForm()
  const body = make('div.admit', { oninput: () => form.refresh() }, form.patient.element, form.order.element, form.units.element)
  const submit = async () => {
    const { body: admission, refusal } = bodyOf(form)
    if (refusal) return { ok: false, sentence: refusal }
    const outcome = await act(chair, 'admit', admission)
    return outcome.ok ? setCuff(chair, form) : outcome
  }
  const done = openDialog({
    title: t`Admit to ${name}`,
    aside: CLOCK_NOT_PUMP,
    body: [body],
    submit,
    submitLabel: t('Admit'),
    wide: true,
  })
  offerProtocols(form)
  form.refresh()
  return done
}
