// The clinic's pre-set: every rule in one table, the shipped value beside the clinic's own; one rule explained. A physician
// changes limits, sees old → new, gives a reason and signs the next version. The server judges all of it.

import { actor, onActor, press, read, send } from './actions.js'
import { field } from './dialogs.js'
import { equal, exact, parse } from './dose.js'
import { button, make, write } from './make.js'
import { state, subscribe } from './stream.js'
import { MARKS, NAMES, PRIORITIES } from './words.js'

const SIGNS = { '<': '<', '<=': '≤', '>': '>', '>=': '≥' }
const STEPS = ['low', 'medium', 'high']
const KINDS = { physiological: 'The patient', technical: 'Devices and lines', infusion: 'The infusion' }
const plain = (value) => exact(parse(value)) ?? value
const keyOf = ({ code, priority }) => `${code}.${priority}`
const isFrom = ({ basis }) => basis === 'percent' || basis === 'points'

/** A limit in words: "SBP ≥ 160", "SBP 20 % over baseline". */
function inWords(limit, value) {
  const name = limit.code === 'hr_apart' ? 'HR and PR apart' : (NAMES[limit.parameter] ?? limit.parameter)
  if (!isFrom(limit)) return `${name} ${SIGNS[limit.comparison]}\u00a0${plain(value)}`
  const unit = limit.basis === 'percent' ? ' %' : ''
  return `${name} ${plain(value)}${unit} ${limit.comparison.startsWith('<') ? 'under' : 'over'} baseline`
}

function when(at) {
  const zone = state.zone || 'UTC'
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: zone }).format(at / 1000)
}

function signature({ version, by, at, signed }) {
  if (!version) return 'no physician has signed it'
  return signed ? `signed by ${by.name}, ${when(at)}` : `from the configuration, ${when(at)}; no physician has signed it`
}

/** Fills `place` with the settings until the function given back is called. */
export function mountSettings(place) {
  const page = { draft: new Map(), chosen: null, preset: null }
  page.table = make('div.rule-table')
  page.panel = make('aside.rule-panel', { 'aria-label': 'One rule' })
  page.sign = makeSigning(page)
  page.title = make('h1', {}, 'Clinic pre-set')
  page.signed = make('span.aside')
  page.trouble = make('p.refusal', { role: 'alert' })
  const versions = button('outlined', 'Versions', openVersions, 'clock')
  const head = make('header', {}, page.title, page.signed, versions)
  const main = make('section.rules', { 'aria-label': 'Rules' }, head, page.trouble, page.table, page.sign.element)
  page.element = make('div.settings-page', {}, main, page.panel)
  place.replaceChildren(page.element)
  load(page)
  const leaving = [onActor(() => showPanel(page)), subscribe((event) => event === 'welcome' && page.preset && showHead(page))]
  return () => leaving.forEach((leave) => leave())
}

async function load(page) {
  const preset = await read('preset')
  if (preset) show(page, preset)
  else write(page.trouble, 'The server does not tell the pre-set. Load the page anew.')
}

function show(page, preset) {
  page.preset = preset
  page.limits = new Map(preset.limits.map((limit) => [keyOf(limit), limit]))
  page.chosen ??= preset.rules[0].code
  page.draft.clear()
  showHead(page)
  write(page.trouble, preset.trouble ? `These limits cannot be used, the shipped ones count: ${preset.trouble}` : '')
  showTable(page)
  showPanel(page)
  page.sign.refresh()
}

function showHead({ title, signed, preset: { version } }) {
  write(title, version.version ? `${version.name}, version ${version.version}` : version.name)
  write(signed, signature(version))
}

// The table

function showTable(page) {
  const groups = Object.entries(KINDS).map(([kind, name]) => {
    const rows = page.preset.rules.filter((rule) => rule.kind === kind).map((rule) => makeRow(page, rule))
    return [make('tr.group', {}, make('th', { colSpan: 6, scope: 'rowgroup' }, name)), ...rows]
  })
  const marks = STEPS.map((step) => make(`th.mark.${step}`, { scope: 'col' }, `${MARKS[step]} ${PRIORITIES[step].toLowerCase()}`))
  const heads = [make('th', { scope: 'col' }, 'No.'), make('th', { scope: 'col' }, 'Rule'), ...marks, make('th', { scope: 'col' }, 'Delay')]
  page.table.replaceChildren(make('table', {}, make('thead', {}, make('tr', {}, heads)), make('tbody', {}, groups.flat())))
}

function makeRow(page, rule) {
  const choose = make('button.rule-name', { type: 'button', onclick: () => choosing(page, rule.code) }, rule.title)
  const cells = STEPS.map((priority) => {
    const steps = rule.steps.filter((step) => step.priority === priority)
    return make(`td.rank.${priority}`, {}, steps.length ? steps.flatMap((step) => stepLines(page, step)) : '–')
  })
  const delays = [...new Set(rule.steps.map(({ delay_s }) => delay_s))]
  const inMinutes = delays.every((delay) => delay % 60 === 0)
  const delay = delays.some(Boolean) ? (inMinutes ? `${delays.map((s) => s / 60).join(' / ')} min` : `${delays.join(' / ')} s`) : ''
  const row = make('tr', { onclick: () => choosing(page, rule.code) }, make('td.number', {}, rule.number), make('td', {}, choose), cells)
  row.append(make('td.delay', {}, delay))
  row.dataset.code = rule.code
  return row
}

/** What meets a step, a clause on a line; a value that is the clinic's own names the shipped one. */
function stepLines(page, { priority, passes, when: words }) {
  const lines = passes.map((clause) => {
    const limits = clause.map((code) => page.limits.get(`${code}.${priority}`)).filter(Boolean)
    const own = limits.filter((limit) => !equal(parse(limit.value), parse(limit.shipped)))
    const line = make('span.clause', {}, limits.map((limit) => inWords(limit, limit.value)).join(' and '))
    if (own.length) line.append(make('small', {}, `shipped ${own.map(({ shipped }) => plain(shipped)).join(', ')}`))
    line.classList.toggle('own', own.length > 0)
    return line
  })
  return [...lines, words && make('span.when', {}, words)]
}

function choosing(page, code) {
  page.chosen = code
  page.element.classList.add('one')
  showPanel(page)
}

// One rule

function showPanel(page) {
  if (!page.preset) return
  const rule = page.preset.rules.find(({ code }) => code === page.chosen)
  for (const row of page.table.querySelectorAll('tr[data-code]')) row.classList.toggle('chosen', row.dataset.code === rule.code)
  const mayEdit = actor?.role === 'physician'
  const codes = new Set(rule.steps.flatMap(({ passes }) => passes.flat()))
  const limits = page.preset.limits.filter(({ code }) => codes.has(code))
  const back = button('outlined', 'All rules', () => page.element.classList.remove('one'), 'back')
  back.classList.add('back')
  page.panel.replaceChildren(
    back,
    make('header', {}, make('span.number', {}, rule.number), make('h2', {}, rule.title), make('span.chip', {}, rule.kind)),
    ...part('Why this priority', make('p', {}, `Harm: ${rule.harm}. Onset: ${rule.onset}.`)),
    ...(limits.length ? part('Limits', make('div.edits', {}, limits.map((limit) => limitEdit(page, limit, mayEdit)))) : []),
    ...(clears(rule) ? part('Clears', make('p', {}, clears(rule))) : []),
    ...part('Shown with the alert', mayEdit ? responseEdit(page, rule) : make('p.response', {}, rule.response)),
    make('p.note', {}, mayEdit ? 'Counts at each chair from its next admission on.' : 'A physician changes this and signs it.'),
  )
}

const part = (name, element) => [make('h3', {}, name), element]

function clears({ hysteresis, hysteresis_in_percent: percent, clear_s: seconds, latching }) {
  const back = hysteresis ? `${hysteresis}${percent ? ' %' : ''} back from the limit${seconds ? ` for ${seconds} s` : ', with two readings'}` : ''
  return [back, latching ? 'a high alert stays until it is acknowledged' : ''].filter(Boolean).join('; ')
}

function limitEdit(page, limit, mayEdit) {
  const key = keyOf(limit)
  const mark = make(`span.mark.${limit.priority}`, { title: `${limit.priority} priority` }, MARKS[limit.priority])
  const shipped = `shipped ${plain(limit.shipped)}, ${limit.least} to ${limit.most}`
  if (!mayEdit) return make('div.limit', {}, mark, make('span', {}, inWords(limit, limit.value)), make('small', {}, shipped))
  const value = page.draft.get(key) ?? plain(limit.value)
  const box = field(inWords(limit, limit.value), { value, inputMode: 'numeric', maxLength: 5 })
  write(box.hint, shipped)
  const element = make('div.limit', {}, mark, box.element)
  const look = () => element.classList.toggle('changed', page.draft.has(key))
  box.input.addEventListener('input', () => {
    const typed = box.input.value.trim()
    const number = parse(typed)
    if (number && equal(number, parse(limit.value))) page.draft.delete(key)
    else page.draft.set(key, typed)
    look()
    page.sign.refresh()
  })
  look()
  return element
}

/** The clinic's words beside the alert; empty: the shipped ones. */
function responseEdit(page, rule) {
  const key = `response ${rule.code}`
  const box = make('textarea', { rows: 4, maxLength: 400, value: page.draft.get(key) ?? rule.response, ariaLabel: 'Shown with the alert' })
  const shipped = make('small', {}, rule.response === rule.shipped_response ? 'as shipped' : `shipped: ${rule.shipped_response}`)
  const element = make('div.field.response-edit', {}, make('div.box', {}, box), shipped)
  const look = () => element.classList.toggle('changed', page.draft.has(key))
  box.addEventListener('input', () => {
    const typed = box.value.trim() || rule.shipped_response
    if (typed === rule.response) page.draft.delete(key)
    else page.draft.set(key, typed)
    look()
    page.sign.refresh()
  })
  look()
  return element
}

// Signing

function makeSigning(page) {
  const list = make('ul')
  const reason = field('Reason', { maxLength: 400 })
  const refusal = make('p.refusal', { role: 'alert' })
  const go = button('light', '', () => press(go, () => signing(page, reason), refusal))
  const drop = button('outlined', 'Discard', () => show(page, page.preset))
  const element = make('footer.signing', { hidden: true }, list, reason.element, refusal, make('div.answers', {}, drop, go))
  const refresh = () => {
    element.hidden = !page.draft.size
    list.replaceChildren(...[...page.draft].map((change) => make('li', {}, sentenceOf(page, change))))
    write(go.querySelector('span'), `Sign version ${(page.preset?.version.version ?? 0) + 1} as ${actor?.name ?? '–'}`)
    if (element.hidden) {
      reason.input.value = ''
      write(refusal, '')
    }
  }
  return { element, refresh }
}

function sentenceOf(page, [key, value]) {
  if (key.startsWith('response ')) {
    const rule = page.preset.rules.find(({ code }) => key === `response ${code}`)
    return `${rule.title}: “${rule.response}” → “${value}”`
  }
  const limit = page.limits.get(key)
  return `${MARKS[limit.priority]} ${inWords(limit, limit.value)} → ${value || '–'}`
}

async function signing(page, reason) {
  const why = reason.input.value.trim()
  if (!why) return { ok: false, sentence: 'A change of the pre-set needs a reason.' }
  if ([...page.draft].some(([key, value]) => page.limits.has(key) && !parse(value))) return { ok: false, sentence: 'A limit is a number.' }
  const body = { changes: page.preset.version.version, reason: why, limits: wished(page), responses: words(page) }
  const outcome = await send('preset', body)
  if (outcome.ok) show(page, outcome.answer)
  return outcome
}

/** All limits that are to differ from what is shipped: those that differ now, with what was changed here. */
function wished({ preset, draft }) {
  const limits = preset.limits.map((limit) => [keyOf(limit), limit, draft.get(keyOf(limit))])
  return Object.fromEntries(
    limits
      .filter(([, limit, typed]) => typed !== undefined || !equal(parse(limit.value), parse(limit.shipped)))
      .map(([key, limit, typed]) => [key, typed === undefined ? plain(limit.value) : exact(parse(typed))]),
  )
}

/** All words that are to differ from what is shipped. */
function words({ preset, draft }) {
  const said = preset.rules.map((rule) => [rule, draft.get(`response ${rule.code}`) ?? rule.response])
  return Object.fromEntries(said.filter(([rule, text]) => text !== rule.shipped_response).map(([rule, text]) => [rule.code, text]))
}

// Versions

async function openVersions() {
  const answer = await read('preset/versions')
  const list = make('ol.versions', {}, (answer?.versions ?? []).map(versionRow))
  const close = button('outlined', 'Close', () => dialog.close())
  const body = make('div.body', {}, answer ? list : make('p.refusal', {}, 'The server does not tell the versions.'))
  const head = make('header', {}, make('h2', {}, 'Versions'), make('span.aside', {}, 'newest first'))
  const dialog = make('dialog.dialog.wide', { 'aria-label': 'Versions' }, make('form', { method: 'dialog' }, head, body, make('footer', {}, close)))
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
}

function versionRow({ version, changes }) {
  const lines = changes.map(({ what, before, after }) => make('li', {}, `${what}: ${before || 'nothing'} → ${after || 'nothing'}`))
  const name = make('strong', {}, version.version ? `${version.version} · ${version.name}` : version.name)
  const head = make('p', {}, name, make('span.aside', {}, signature(version)))
  return make('li', {}, head, version.reason && make('p.reason', {}, version.reason), lines.length ? make('ul', {}, lines) : null)
}
