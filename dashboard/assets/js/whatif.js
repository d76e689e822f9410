// What closed sessions would have told under other limits and delays. It begins with today's pre-set, the server works it out in a
// process of its own, and nothing is changed by it: whoever wants these numbers carries them to the pre-set's editor.

import { actor, mayAct, onActor, press, read, send } from './actions.js'
import { button, make, write } from './make.js'
import { go } from './pages.js'
import { limitRow, sentencesOf, settingRow } from './presetedit.js'
import { delayKey, keyOf, plain, settingKey, troubleOf } from './presetwords.js'
import { CARRIED } from './settings.js'
import { state, subscribe } from './stream.js'
import { LOCALE, t } from './text.js'
import { differencesOf, minute, PRIORITIES, sumsOf, triedNumbers } from './whatifwords.js'
import { MARKS, plural, PRIORITIES as NAMES, sessionsOf } from './words.js'

const POLL_MS = 1000
const LISTED = 60

/** Fills `place` with the page until the function given back is called. */
export function mountWhatIf(place) {
  const page = { draft: new Map(), chosen: new Set(), preset: null, sessions: [], trial: null, over: false }
  page.refusal = make('p.refusal', { role: 'alert' })
  page.numbers = make('div.tried-numbers')
  page.list = make('div.tried-sessions')
  page.changes = make('ul.tried-changes')
  page.results = make('section.whatif-results', { 'aria-label': t('What would have been told'), 'aria-live': 'polite' })
  page.go = button('light', t('Try it'), () => press(page.go, () => trying(page), page.refusal))
  page.end = button('outlined', t('End it'), () => press(page.end, () => ending(page), page.refusal))
  const head = make('header', {}, make('h1', {}, t('What if')), make('p.caution', {}, t('The same bytes under other limits. It says what would have been told, and nothing of what people would have done.')))
  const aside = make('aside.whatif-asked', { 'aria-label': t('What to try') },
    make('h2', {}, t('Closed sessions')), page.list,
    make('h2', {}, t('Limits and delays, from today’s pre-set')), page.numbers,
    make('footer', {}, page.changes, page.refusal, make('div.answers-row', {}, page.go, page.end)))
  place.replaceChildren(make('div.whatif-page', {}, aside, make('div.whatif-main', {}, head, page.results)))
  const load = () => state.clinic && !page.loading && loading(page)
  const leaving = [onActor(() => page.preset && showAsked(page)), subscribe(load)]
  load()
  return () => {
    page.over = true
    clearTimeout(page.timer)
    leaving.forEach((leave) => leave())
  }
}

async function loading(page) {
  page.loading = true
  page.results.replaceChildren(make('p.empty', { role: 'status' }, t('The record is looked at…')))
  const [preset, list, trial] = await Promise.all([read('preset'), read(`session-list?limit=${LISTED}`), read('what-if')])
  if (page.over) return
  if (!preset || !list || !trial) {
    const again = button('light', t('Try again'), () => loading(page))
    return page.results.replaceChildren(make('div.empty', {}, make('p', {}, t('The server does not tell the pre-set or the sessions.')), again))
  }
  page.preset = preset
  page.sessions = list.sessions.filter(({ closed_at: closed }) => closed)
  takeUp(page, trial)
  showSessions(page)
  showNumbers(page)
  showTrial(page, trial)
}

/** A trial that goes on, or was the last: its sessions and numbers stand in the form. */
function takeUp(page, trial) {
  page.results.dataset.of = trial.of
  for (const { session } of trial.results) if (page.sessions.some(({ id }) => id === session)) page.chosen.add(session)
  for (const limit of page.preset.limits) {
    const tried = trial.limits[keyOf(limit)]
    if (tried !== undefined && plain(tried) !== plain(limit.value)) page.draft.set(keyOf(limit), plain(tried))
  }
  for (const delay of page.preset.delays) {
    const tried = trial.delays[keyOf(delay)]
    if (tried !== undefined && tried !== delay.value) page.draft.set(delayKey(delay), String(tried))
  }
  for (const setting of page.preset.settings) {
    const tried = trial.settings[setting.code]
    if (tried !== undefined && plain(tried) !== plain(setting.value)) page.draft.set(settingKey(setting), plain(tried))
  }
}

// What to try

const when = (at) => new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'short', timeZone: state.zone || 'UTC' }).format(at / 1000)

function showSessions(page) {
  if (!page.sessions.length) return page.list.replaceChildren(make('p.empty', {}, t('No session is closed yet. What was recorded can be tried here afterwards.')))
  page.list.replaceChildren(...page.sessions.map((one) => {
    const box = make('input', { type: 'checkbox', checked: page.chosen.has(one.id), onchange: () => {
      if (box.checked) page.chosen.add(one.id)
      else page.chosen.delete(one.id)
      showAsked(page)
    } })
    const counts = PRIORITIES.map((priority) => one.alerts[priority] && `${MARKS[priority]} ${one.alerts[priority]}`).filter(Boolean).join('  ')
    const text = make('span', {}, make('b', {}, when(one.began_at ?? one.admitted_at)), make('small', {}, [t`chair ${one.chair}`, t(one.order), counts].filter(Boolean).join(' · ')))
    return make('label.tried-session', {}, box, text)
  }))
}

function showNumbers(page) {
  const changed = () => showAsked(page)
  const delays = new Map(page.preset.delays.map((delay) => [keyOf(delay), delay]))
  const edits = { mayEdit: true, draft: page.draft, changed }
  const parts = [...page.preset.rules, ...page.preset.parts].map((rule) => {
    const codes = new Set((rule.steps ?? []).flatMap(({ passes }) => passes.flat()))
    const limits = page.preset.limits.filter(({ code }) => codes.has(code))
    const settings = page.preset.settings.filter((one) => one.rule === rule.code)
    if (!limits.length && !settings.length) return null
    const rows = [...limits.map((limit) => limitRow(limit, delays.get(keyOf(limit)) ?? null, edits)), ...settings.map((one) => settingRow(one, edits))]
    const keys = [...limits.flatMap((limit) => [keyOf(limit), delayKey(limit)]), ...settings.map(settingKey)]
    const own = keys.some((key) => page.draft.has(key))
    return make('details.tried-rule', { open: own }, make('summary', {}, make('span.number', {}, rule.number), rule.title), make('div.edits', {}, rows))
  })
  page.numbers.replaceChildren(...parts.filter(Boolean))
  showAsked(page)
}

function showAsked(page) {
  const sentences = sentencesOf(page.preset, page.draft)
  const running = page.trial?.running
  page.changes.replaceChildren(...(sentences.length ? sentences : [t('As in today’s pre-set.')]).map((sentence) => make('li', {}, sentence)))
  page.go.hidden = running
  page.end.hidden = !running
  write(page.go.querySelector('span'), page.chosen.size ? t`Try it on ${sessionsOf(page.chosen.size)}` : t('Choose sessions'))
  page.go.disabled = !page.chosen.size
}

async function trying(page) {
  const trouble = troubleOf(page.preset, page.draft)
  if (trouble) return { ok: false, sentence: trouble }
  if (page.chosen.size > page.trial.most) return { ok: false, sentence: t`At most ${page.trial.most} sessions at once.` }
  const outcome = await send('what-if', { sessions: [...page.chosen], ...triedNumbers(page.preset, page.draft, { keyOf, delayKey, settingKey, plain }) })
  if (outcome.ok) showTrial(page, outcome.answer)
  return outcome
}

async function ending(page) {
  const outcome = await send('what-if/end', {})
  if (outcome.ok) showTrial(page, outcome.answer)
  return outcome
}

// What came of it

function showTrial(page, trial) {
  page.trial = trial
  if (page.over) return
  showAsked(page)
  page.results.replaceChildren(...resultsOf(page, trial))
  clearTimeout(page.timer)
  if (trial.running) page.timer = setTimeout(() => following(page), POLL_MS)
}

async function following(page) {
  const before = page.trial
  const trial = await read(`what-if?seen=${before.results.length}`)
  if (page.over) return
  if (trial?.number === before.number) return showTrial(page, { ...trial, results: [...before.results, ...trial.results] })
  if (trial) return anew(page) // somebody tries other numbers meanwhile
  write(page.refusal, t('The server does not answer.'))
  page.timer = setTimeout(() => following(page), POLL_MS)
}

async function anew(page) {
  const trial = await read('what-if')
  if (trial && !page.over) showTrial(page, trial)
}

function resultsOf(page, trial) {
  if (!trial.of) return [make('p.empty', {}, t('Choose sessions, change limits or delays, and try it. It changes no record and no limit.'))]
  const parts = [progressOf(trial)]
  if (trial.trouble) parts.push(make('p.wanting', {}, t`Not all was worked out: ${trial.trouble}.`))
  if (trial.results.some(({ error }) => !error)) parts.push(sumTable(trial.results), carrying(page, trial))
  parts.push(...trial.results.map((result) => sessionPart(page, result)))
  return parts
}

function progressOf(trial) {
  if (!trial.running) return make('p.tried-progress', { role: 'status' }, t`${sessionsOf(trial.results.length)} worked out.`)
  const bar = make('progress', { max: trial.of, value: trial.results.length + trial.share, 'aria-label': t('Sessions worked out') })
  return make('div.tried-progress', { role: 'status' }, make('p', {}, t`Working: ${trial.results.length} of ${trial.of} sessions. The chairs are watched as ever.`), bar)
}

function sumTable(results) {
  const sums = sumsOf(results)
  const heads = [t('Priority'), t('Alerts, as recorded'), t('Alerts, under these'), t('Sounds, as recorded'), t('Sounds, under these')]
  const rows = PRIORITIES.map((priority) => {
    const { recorded, changed } = sums[priority]
    const cell = (value, before) => make('td', {}, make('b', {}, String(value)), before !== undefined && value !== before && make('small', {}, `${value > before ? '+' : '−'}${Math.abs(value - before)}`))
    const name = make(`th.mark.${priority}`, { scope: 'row' }, `${MARKS[priority]} ${NAMES[priority]}`)
    return make('tr', {}, name, cell(recorded.alerts), cell(changed.alerts, recorded.alerts), cell(recorded.sounds), cell(changed.sounds, recorded.sounds))
  })
  return make('table.tried-sums', {}, make('thead', {}, make('tr', {}, heads.map((head) => make('th', { scope: 'col' }, head)))), make('tbody', {}, rows))
}

function carrying(page, { limits, delays, settings }) {
  const use = button('raised', t('Use these limits in the pre-set editor'), () => {
    sessionStorage.setItem(CARRIED, JSON.stringify({ limits, delays, settings }))
    go('/settings')
  })
  use.disabled = actor?.role !== 'physician'
  return make('div.answers-row', {}, use, use.disabled && make('span.quiet', {}, mayAct() ? t('A physician may take them over, and signs them there.') : t('Sign in as a physician to take them over.')))
}

const KINDS = { new: t('would come new'), gone: t('would go away'), moved: t('would be told otherwise') }

function sessionPart(page, result) {
  const known = page.sessions.find(({ id }) => id === result.session)
  const title = known ? t`${when(known.began_at ?? known.admitted_at)}, chair ${known.chair}` : result.session
  if (result.error) return make('section.tried-result', {}, make('h2', {}, title || t('The record')), make('p.wanting', {}, `${result.error}.`))
  const found = differencesOf(result)
  const lines = Object.entries(KINDS).flatMap(([kind, words]) => {
    const mine = found.filter((one) => one.kind === kind)
    return mine.length ? [make('h3', {}, `${mine.length} ${words}`), make('ul', {}, mine.map(differenceLine))] : []
  })
  const same = result.rows.length - found.length
  const rest = [result.rows.length ? '' : t('No alert on either side'), same ? plural(same, t`${same} alert the same`, t`${same} alerts the same`) : '', result.rows_left_out ? t`${result.rows_left_out} more are only counted` : ''].filter(Boolean).join('; ')
  const deeds = result.not_possible.map((sentence) => make('li', {}, sentence))
  return make('section.tried-result', {}, make('h2', {}, title), ...lines, rest && make('p.quiet', {}, `${rest}.`),
    deeds.length ? make('details', {}, make('summary', {}, plural(deeds.length, t`${deeds.length} deed of people had no place under these limits`, t`${deeds.length} deeds of people had no place under these limits`)), make('ul', {}, deeds)) : null)
}

function differenceLine({ at, alert, how }) {
  const silent = alert.sounded ? `, ${t`sounds ${alert.sounded} ×`}` : `, ${t('silent')}`
  return make('li', {}, make('span.minute', {}, `${minute(at)} min`), make(`span.mark.${alert.priority}`, {}, MARKS[alert.priority]), make('span', {}, `${t(alert.text)}${how ? `: ${how}` : silent}`))
}
