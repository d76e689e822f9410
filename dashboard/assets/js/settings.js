// The clinic's pre-set: every rule in one table, the shipped value beside the clinic's own; one rule explained; the protocols; and what
// is connected. A physician changes numbers and words, sees old → new, gives a reason and signs the next version. The server judges it.

import { actor, onActor, press, read, send } from './actions.js'
import { field } from './dialogs.js'
import { button, make, write } from './make.js'
import { limitRow, sentencesOf, settingRow } from './presetedit.js'
import { delayKey, inWords, isOwn, keyOf, plain, settingKey, STEPS, troubleOf, wished } from './presetwords.js'
import { changedOnes, draftOf, protocolPanel, protocolSentences, protocolTable, troubleWith, wishedProtocols } from './settingsprotocols.js'
import { showPorts } from './settingsports.js'
import { state, subscribe } from './stream.js'
import { LOCALE, t } from './text.js'
import { MARKS, PRIORITIES } from './words.js'

const MAXIMUM = 'max_dose maximum'
const KINDS = { physiological: t('The patient'), technical: t('Devices and lines'), infusion: t('The infusion') }
const TABS = [['rules', t('Rules')], ['protocols', t('Protocols')], ['ports', t('Devices and ports')]]
/** Under this name another page leaves numbers to be signed here: {limits, delays, settings}. */
export const CARRIED = 'vigil-limits-to-sign'

function when(at) {
  const zone = state.zone || 'UTC'
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'short', timeZone: zone }).format(at / 1000)
}

function signature({ version, by, at, signed }) {
  if (!version) return t('no physician has signed it')
  return signed ? t`signed by ${by.name}, ${when(at)}` : t`from the configuration, ${when(at)}; no physician has signed it`
}

/** Fills `place` with the settings until the function given back is called. */
export function mountSettings(place) {
  const page = { draft: new Map(), chosen: null, preset: null, tab: 'rules', protocols: [], chosenProtocol: 0 }
  page.mayEdit = () => actor?.role === 'physician'
  page.changed = () => {
    page.sign.refresh()
    if (page.tab === 'protocols') showTable(page)
  }
  page.chooseProtocol = (index) => {
    page.chosenProtocol = index
    page.element.classList.add('one')
    showTable(page)
    showPanel(page)
  }
  page.tabs = makeTabs(page)
  page.table = make('div.rule-table')
  page.panel = make('aside.rule-panel', { 'aria-label': t('One rule') })
  page.sign = makeSigning(page)
  page.title = make('h1', {}, t('Clinic pre-set'))
  page.signed = make('span.aside')
  page.trouble = make('p.refusal', { role: 'alert' })
  const versions = button('outlined', t('Versions'), openVersions, 'clock')
  const tried = make('a.button.outlined', { href: '/what-if' }, t('What if…'))
  const head = make('header', {}, page.title, page.signed, tried, versions)
  const main = make('section.rules', { 'aria-label': t('Clinic pre-set') }, head, page.tabs.element, page.trouble, page.table, page.sign.element)
  page.element = make('div.settings-page', {}, main, page.panel)
  place.replaceChildren(page.element)
  load(page)
  const leaving = [onActor(() => page.preset && [showTable(page), showPanel(page), takeUp(page)]), subscribe((event) => event === 'welcome' && page.preset && showHead(page))]
  return () => {
    leaving.forEach((leave) => leave())
    page.endPorts?.()
  }
}

async function load(page) {
  const preset = await read('preset')
  if (!preset) return write(page.trouble, t('The server does not tell the pre-set. Load the page anew.'))
  show(page, preset)
  takeUp(page)
}

/** Numbers that were tried elsewhere and are to be signed: they stand in the draft. */
function takeUp(page) {
  const carried = JSON.parse(sessionStorage.getItem(CARRIED) ?? 'null')
  if (!carried || !page.mayEdit()) return
  sessionStorage.removeItem(CARRIED)
  for (const limit of page.preset.limits) {
    const value = carried.limits[keyOf(limit)]
    if (value !== undefined && plain(value) !== plain(limit.value)) page.draft.set(keyOf(limit), value)
  }
  for (const delay of page.preset.delays) {
    const value = carried.delays[keyOf(delay)]
    if (value !== undefined && value !== delay.value) page.draft.set(delayKey(delay), String(value))
  }
  for (const setting of page.preset.settings) {
    const value = carried.settings[setting.code]
    if (value !== undefined && plain(value) !== plain(setting.value)) page.draft.set(settingKey(setting), plain(value))
  }
  showPanel(page)
  page.sign.refresh()
}

function makeTabs(page) {
  const buttons = TABS.map(([name, word]) => {
    const choose = make('button', { type: 'button', role: 'tab', onclick: () => turnTo(page, name) }, word)
    choose.dataset.tab = name
    return choose
  })
  const element = make('div.settings-tabs', { role: 'tablist', 'aria-label': t('Settings') }, buttons)
  element.addEventListener('keydown', ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key]
    if (!step) return
    const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length]
    next.focus()
    next.click()
  })
  const refresh = () => {
    for (const one of buttons) {
      one.setAttribute('aria-selected', String(one.dataset.tab === page.tab))
      one.tabIndex = one.dataset.tab === page.tab ? 0 : -1
    }
  }
  refresh()
  return { element, refresh }
}

function turnTo(page, tab) {
  page.endPorts?.()
  page.endPorts = null
  page.tab = tab
  page.element.classList.remove('one')
  page.element.dataset.tab = tab
  page.tabs.refresh()
  if (tab === 'ports') page.endPorts = showPorts(page)
  showTable(page)
  showPanel(page)
}

function show(page, preset) {
  page.preset = preset
  page.limits = new Map(preset.limits.map((limit) => [keyOf(limit), limit]))
  page.delays = new Map(preset.delays.map((delay) => [keyOf(delay), delay]))
  page.protocols = draftOf(preset.protocols)
  page.chosenProtocol = Math.min(page.chosenProtocol, page.protocols.length - 1)
  page.chosen ??= preset.rules[0].code
  page.draft.clear()
  showHead(page)
  write(page.trouble, preset.trouble ? t`These numbers cannot be used, the shipped ones count: ${preset.trouble}` : '')
  showTable(page)
  showPanel(page)
  page.sign.refresh()
}

function showHead({ title, signed, preset: { version } }) {
  write(title, version.version ? t`${version.name}, version ${version.version}` : t(version.name))
  write(signed, signature(version))
}

// The table

function showTable(page) {
  if (page.tab === 'ports') return
  if (page.tab === 'protocols') return page.table.replaceChildren(protocolTable(page))
  const groups = Object.entries(KINDS).map(([kind, name]) => {
    const rows = page.preset.rules.filter((rule) => rule.kind === kind).map((rule) => makeRow(page, rule))
    return [groupRow(name), ...rows]
  })
  groups.push([groupRow(t('Besides the rules')), ...page.preset.parts.map((one) => makePartRow(page, one))])
  const marks = STEPS.map((step) => make(`th.mark.${step}`, { scope: 'col' }, `${MARKS[step]} ${PRIORITIES[step].toLowerCase()}`))
  const heads = [make('th', { scope: 'col' }, t('No.')), make('th', { scope: 'col' }, t('Rule')), ...marks, make('th', { scope: 'col' }, t('Delay'))]
  page.table.replaceChildren(make('table', {}, make('thead', {}, make('tr', {}, heads)), make('tbody', {}, groups.flat())))
}

const groupRow = (name) => make('tr.group', {}, make('th', { colSpan: 6, scope: 'rowgroup' }, name))

/** The name of a rule, and how many of its other numbers are the clinic's own. */
function makeName(page, { code, title }) {
  const own = page.preset.settings.filter((one) => one.rule === code && isOwn(one)).length
  const choose = make('button.rule-name', { type: 'button', onclick: () => choosing(page, code) }, t(title))
  return [choose, own > 0 && make('small.own-numbers', {}, own === 1 ? t('1 number not as shipped') : t`${own} numbers not as shipped`)]
}

/** Numbers that no rule has: what an order is asked for, the cuff, a faint pulse, what people chart. */
function makePartRow(page, one) {
  const row = make('tr', { onclick: () => choosing(page, one.code) })
  row.append(make('td.number', {}, one.number), make('td', {}, makeName(page, one)), make('td.beside', { colSpan: 4 }, t(one.text)))
  row.dataset.code = one.code
  return row
}

function makeRow(page, rule) {
  const cells = STEPS.map((priority) => {
    const steps = rule.steps.filter((step) => step.priority === priority)
    return make(`td.rank.${priority}`, {}, steps.length ? steps.flatMap((step) => stepLines(page, step)) : '–')
  })
  const delays = [...new Set(rule.steps.map(({ delay_s }) => delay_s))]
  const inMinutes = delays.every((delay) => delay % 60 === 0)
  const delay = delays.some(Boolean) ? (inMinutes ? `${delays.map((s) => s / 60).join(' / ')} min` : `${delays.join(' / ')} s`) : ''
  const row = make('tr', { onclick: () => choosing(page, rule.code) }, make('td.number', {}, rule.number), make('td', {}, makeName(page, rule)), cells)
  const own = ownDelays(page, rule)
  row.append(make('td.delay', {}, delay, own.length > 0 && make('small', {}, t`shipped ${own.map(({ shipped }) => shipped).join(' / ')} s`)))
  row.dataset.code = rule.code
  return row
}

const codesOf = (rule) => new Set(rule.steps.flatMap(({ passes }) => passes.flat()))
const ownDelays = (page, rule) => page.preset.delays.filter((delay) => codesOf(rule).has(delay.code) && isOwn(delay))

/** What meets a step, a clause on a line; a value that is the clinic's own names the shipped one. */
function stepLines(page, { priority, passes, when: words }) {
  const lines = passes.map((clause) => {
    const limits = clause.map((code) => page.limits.get(`${code}.${priority}`)).filter(Boolean)
    const own = limits.filter(isOwn)
    const line = make('span.clause', {}, limits.map((limit) => inWords(limit, limit.value)).join(` ${t('and')} `))
    if (own.length) line.append(make('small', {}, t`shipped ${own.map(({ shipped }) => plain(shipped)).join(', ')}`))
    line.classList.toggle('own', own.length > 0)
    return line
  })
  return [...lines, words && make('span.when', {}, t(words))]
}

function choosing(page, code) {
  page.chosen = code
  page.element.classList.add('one')
  showPanel(page)
}

// One rule

function showPanel(page) {
  if (!page.preset || page.tab === 'ports') return
  const back = button('outlined', page.tab === 'rules' ? t('All rules') : t('All protocols'), () => page.element.classList.remove('one'), 'back')
  back.classList.add('back')
  if (page.tab === 'protocols') return page.panel.replaceChildren(back, ...protocolPanel(page))
  const rule = page.preset.rules.find(({ code }) => code === page.chosen)
  for (const row of page.table.querySelectorAll('tr[data-code]')) row.classList.toggle('chosen', row.dataset.code === page.chosen)
  const mayEdit = page.mayEdit()
  const edits = { mayEdit, draft: page.draft, changed: page.changed }
  const numbers = page.preset.settings.filter((one) => one.rule === page.chosen).map((one) => settingRow(one, edits))
  const note = make('p.note', {}, mayEdit ? t('Counts at each chair from its next admission on.') : t('A physician changes this and signs it.'))
  if (!rule) return page.panel.replaceChildren(back, ...partPanel(page, numbers), note)
  const limits = page.preset.limits.filter(({ code }) => codesOf(rule).has(code))
  const rows = limits.map((limit) => limitRow(limit, page.delays.get(keyOf(limit)) ?? null, edits))
  page.panel.replaceChildren(
    back,
    make('header', {}, make('span.number', {}, rule.number), make('h2', {}, t(rule.title)), make('span.chip', {}, t(rule.kind))),
    ...part(t('Why this priority'), make('p', {}, t`Harm: ${t(rule.harm)}. Onset: ${t(rule.onset)}.`)),
    ...(limits.length ? part(rule.steps.some(({ delay_s: s }) => s) ? t('Limits, and for how long') : t('Limits'), make('div.edits', {}, rows)) : []),
    ...(rule.code === 'max_dose' ? part(t('Maximum of a session'), maximumEdit(page, mayEdit)) : []),
    ...(clears(rule) ? part(t('Clears'), make('p', {}, clears(rule))) : []),
    ...(numbers.length ? part(limits.length ? t('Other numbers') : t('Numbers'), make('div.edits', {}, numbers)) : []),
    ...part(t('Shown with the alert'), mayEdit ? responseEdit(page, rule) : make('p.response', {}, t(rule.response))),
    note,
  )
}

function partPanel(page, numbers) {
  const { number, title, text } = page.preset.parts.find(({ code }) => code === page.chosen)
  const head = make('header', {}, number && make('span.number', {}, number), make('h2', {}, t(title)))
  return [head, make('p', {}, t(text)), ...part(t('Numbers'), make('div.edits', {}, numbers))]
}

const part = (name, element) => [make('h3', {}, name), element]

function clears({ hysteresis, hysteresis_in_percent: percent, clear_s: seconds, latching }) {
  const far = `${hysteresis}${percent ? ' %' : ''}`
  const held = seconds ? t`${far} back from the limit for ${seconds} s` : t`${far} back from the limit, with two readings`
  const back = hysteresis ? held : ''
  return [back, latching ? t('a high alert stays until it is acknowledged') : ''].filter(Boolean).join('; ')
}

/** The most that a session may give, by the clinic's rule. */
function maximumEdit(page, mayEdit) {
  const { value, shipped, least, most } = page.preset.max_dose_mg
  const hint = t`shipped ${plain(shipped)} mg, ${least} to ${most}`
  if (!mayEdit) return make('p', {}, `${plain(value)} mg; ${hint}`)
  const box = field(t('Given in one session, at most'), { unit: 'mg', value: page.draft.get(MAXIMUM) ?? plain(value), inputMode: 'numeric', maxLength: 4 })
  write(box.hint, hint)
  box.input.addEventListener('input', () => {
    const typed = box.input.value.trim()
    if (typed === plain(value)) page.draft.delete(MAXIMUM)
    else page.draft.set(MAXIMUM, typed)
    page.changed()
  })
  return box.element
}

/** The clinic's words beside the alert; empty: the shipped ones. */
function responseEdit(page, rule) {
  const key = `response ${rule.code}`
  const box = make('textarea', { rows: 4, maxLength: 400, value: page.draft.get(key) ?? rule.response, ariaLabel: t('Shown with the alert') })
  const shipped = make('small', {}, rule.response === rule.shipped_response ? t('as shipped') : t`shipped: ${rule.shipped_response}`)
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
  const reason = field(t('Reason'), { maxLength: 400 })
  const refusal = make('p.refusal', { role: 'alert' })
  const go = button('light', '', () => press(go, () => signing(page, reason), refusal))
  const drop = button('outlined', t('Discard'), () => show(page, page.preset))
  const element = make('footer.signing', { hidden: true }, list, reason.element, refusal, make('div.answers', {}, drop, go))
  const refresh = () => {
    const sentences = page.preset ? changesOf(page) : []
    element.hidden = !sentences.length
    list.replaceChildren(...sentences.map((sentence) => make('li', {}, sentence)))
    write(go.querySelector('span'), t`Sign version ${(page.preset?.version.version ?? 0) + 1} as ${actor?.name ?? '–'}`)
    if (element.hidden) {
      reason.input.value = ''
      write(refusal, '')
    }
  }
  return { element, refresh }
}

/** Everything that would change, old → new. */
function changesOf(page) {
  const rules = page.preset.rules.filter((rule) => page.draft.has(`response ${rule.code}`))
  const said = rules.map((rule) => `${t(rule.title)}: “${rule.response}” → “${page.draft.get(`response ${rule.code}`)}”`)
  const most = page.draft.has(MAXIMUM) ? [t`Maximum of a session: ${plain(page.preset.max_dose_mg.value)} mg → ${page.draft.get(MAXIMUM) || '–'} mg`] : []
  return [...sentencesOf(page.preset, page.draft), ...most, ...said, ...protocolSentences(page.protocols)]
}

async function signing(page, reason) {
  const why = reason.input.value.trim()
  const { preset, draft, protocols } = page
  const trouble = troubleOf(preset, draft) || troubleWith(protocols)
  if (trouble) return { ok: false, sentence: trouble }
  if (!why) return { ok: false, sentence: t('A change of the pre-set needs a reason.') }
  if (draft.has(MAXIMUM) && !/^\d+$/.test(draft.get(MAXIMUM))) return { ok: false, sentence: t('The maximum of a session is whole mg.') }
  const body = { changes: preset.version.version, reason: why, ...wished(preset, draft), responses: words(page) }
  if (changedOnes(protocols).length) body.protocols = wishedProtocols(protocols)
  if (draft.has(MAXIMUM)) body.max_dose_mg = draft.get(MAXIMUM)
  const outcome = await send('preset', body)
  if (outcome.ok) show(page, outcome.answer)
  return outcome
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
  const close = button('outlined', t('Close'), () => dialog.close())
  const body = make('div.body', {}, answer ? list : make('p.refusal', {}, t('The server does not tell the versions.')))
  const head = make('header', {}, make('h2', {}, t('Versions')), make('span.aside', {}, t('newest first')))
  const dialog = make('dialog.dialog.wide', { 'aria-label': t('Versions') }, make('form', { method: 'dialog' }, head, body, make('footer', {}, close)))
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
}

function versionRow({ version, changes }) {
  const lines = changes.map(({ what, before, after }) => make('li', {}, `${t(what)}: ${before || t('nothing')} → ${after || t('nothing')}`))
  const name = make('strong', {}, version.version ? `${version.version} · ${version.name}` : t(version.name))
  const head = make('p', {}, name, make('span.aside', {}, signature(version)))
  return make('li', {}, head, version.reason && make('p.reason', {}, version.reason), lines.length ? make('ul', {}, lines) : null)
}
