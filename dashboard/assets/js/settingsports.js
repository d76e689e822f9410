// What is connected: each chair's devices with their ports and what their lines say; and, when asked, what speaks on the free ports.
// A chair's own port is never opened from here.

import { mayAct, press, read, send } from './actions.js'
import { button, make, write } from './make.js'
import { findingLines, portName } from './portrows.js'
import { now, state } from './stream.js'
import { t } from './text.js'
import { ago, LINES } from './words.js'

const POLL_MS = 800
const TICK_MS = 1000

/** Fills the list and the panel; gives back how to end it. `page` has table and panel. */
export function showPorts(page) {
  const view = { page, told: null, over: false }
  view.rows = make('tbody')
  const heads = [t('Chair'), t('Device'), t('Port'), t('Line')].map((name) => make('th', { scope: 'col' }, name))
  page.table.replaceChildren(make('table.chair-ports', {}, make('thead', {}, make('tr', {}, heads)), view.rows), make('p.note', {}, t('Chairs and ports stand in vigil.toml; it is read when the server starts.')))
  view.refusal = make('p.refusal', { role: 'alert' })
  view.look = button('raised', t('What speaks on other ports?'), () => press(view.look, () => probing(view), view.refusal), 'wave')
  view.free = make('ul.port-rows', { 'aria-live': 'polite' })
  page.panel.replaceChildren(
    make('header', {}, make('h2', {}, t('Other ports'))),
    make('p', {}, t('Vigil listens on ports that no chair has, and asks only what harms nobody: it starts no cuff and sets nothing.')),
    view.look, view.refusal, view.free,
  )
  page.table.tabIndex = 0 // it scrolls, and holds nothing that could have the focus
  const ticking = setInterval(() => showChairs(view), TICK_MS)
  refreshing(view)
  return () => {
    view.over = true
    page.table.removeAttribute('tabindex')
    clearInterval(ticking)
    clearTimeout(view.timer)
  }
}

async function refreshing(view) {
  const told = await read('ports')
  if (view.over) return
  if (told) show(view, told)
  else {
    const again = button('outlined', t('Try again'), () => refreshing(view))
    view.free.replaceChildren(make('li.no-port', {}, make('b', {}, t('The server does not tell its ports.')), again))
  }
}

function show(view, told) {
  view.told = told
  showChairs(view)
  showFree(view)
  clearTimeout(view.timer)
  if (told.running) view.timer = setTimeout(() => refreshing(view), POLL_MS)
}

/** As the chairs tell it, live; the configuration adds the port. */
function showChairs(view) {
  if (!view.told) return
  const rows = [...state.chairs.values()].flatMap((chair) => {
    if (!chair.devices.length) return [make('tr', {}, make('th', { scope: 'row' }, chair.name), make('td', { colSpan: 3 }, t('No device is set up for this chair.')))]
    return chair.devices.map((device, index) => deviceRow(view, chair, device, index))
  })
  view.rows.replaceChildren(...rows)
}

function deviceRow(view, chair, device, index) {
  const named = view.told.chairs.find((one) => one.chair === chair.id && one.device === device.id)
  const binding = named?.serial_number ? t`bound to ${named.serial_number}` : ''
  const unit = device.refused ? t`another unit: ${device.refused}` : (device.unit ?? '')
  const port = named?.port ?? device.port
  return make('tr', {},
    index ? null : make('th', { scope: 'rowgroup', rowSpan: chair.devices.length }, chair.name),
    make('td', {}, make('b', {}, device.title), make('small', {}, [t`driver ${device.driver}`, unit, binding].filter(Boolean).join(' · '))),
    make('td', {}, portName({ path: port, name: port, title: named?.line ? t`line ${named.line}` : '' })),
    lineCell(chair, device))
}

/** What the line says of itself, and how long ago it last spoke: no state without its age. */
function lineCell(chair, device) {
  const values = chair.vitals.filter((vital) => vital.device === device.id && !vital.spot).map(({ at }) => at)
  const heard = Math.max(device.last_byte_at ?? 0, ...values)
  const last = heard ? t`last told ${ago(now() - heard)} ago` : t('nothing has come yet')
  const said = [t(device.why), ...device.statuses.map(({ text }) => t(text)), device.faults ? t`${device.faults} faults on the line` : '', device.simulated ? t('simulated') : '']
  const cell = make('td', {}, make('b', {}, LINES[device.line] ?? device.line), make('small', {}, [last, ...said].filter(Boolean).join(' · ')))
  cell.dataset.line = device.line
  return cell
}

function showFree(view) {
  const { told } = view
  const found = new Map(told.found.map((one) => [one.port, one]))
  view.look.hidden = !told.free.length
  view.look.disabled = told.running || !mayAct()
  write(view.look.querySelector('span'), told.running ? t('Listening, up to a minute or two…') : t('What speaks on other ports?'))
  write(view.refusal, told.trouble ? t`Looking ended early: ${told.trouble}.` : '')
  const again = button('outlined', t('Look for ports again'), () => press(again, async () => (await refreshing(view), { ok: true })))
  const none = make('li.no-port', {}, make('b', {}, t('No other port is found.')), make('p', {}, t('Plug the cable of a device or its USB adapter into this computer, then look again.')))
  const rows = told.free.map((port) => freeRow(port, found.get(port.path), told.running))
  view.free.replaceChildren(...(rows.length ? rows : [none]), make('li', {}, again))
  if (!mayAct() && told.free.length) view.free.prepend(make('li.no-port', {}, t('Sign in to look at these.')))
}

function freeRow(port, finding, running) {
  const lines = finding?.known ? [make('p', {}, t('Under a [[chair]] of vigil.toml:')), make('pre.port-lines', {}, finding.configuration)] : []
  return make('li.port-row.plain', {}, portName(port), make('div.found', {}, findingLines(finding, running), lines))
}

async function probing(view) {
  const outcome = await send('ports/probe', { ports: view.told.free.map(({ path }) => path) })
  if (outcome.ok) show(view, outcome.answer)
  return outcome
}
