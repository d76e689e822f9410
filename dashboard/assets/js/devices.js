// What each line of the chair says, and what happened here last.

import { settles } from './acknowledge.js'
import { act, press } from './actions.js'
import { makeAlarmOff } from './alarmoff.js'
import { icon } from './icons.js'
import { button, keyed, make, write } from './make.js'
import { now, shown, state, subscribe } from './stream.js'
import { t } from './text.js'
import { hourMinute, LINES, MARKS, plural } from './words.js'

const LATEST = 6
const TICK_MS = 500

/** Fills `host` with the devices of the chair it names; gives back how to end it. */
export function mountDevices(host) {
  const { chair: id } = host.dataset
  const [devices, latest] = [make('ul.devices'), make('ol.latest')]
  const off = makeAlarmOff()
  host.replaceChildren(
    make('h2', {}, icon('technical'), make('span', {}, t('Devices'))), devices, off.element,
    make('h2', {}, icon('clock'), make('span', {}, t('Latest')), make('a', { href: '/alerts' }, t('all alerts'))), latest,
  )
  const update = () => {
    const chair = state.chairs.get(id)
    if (!chair) return
    keyed(devices, chair.devices, (device) => device.id, (device) => makeDevice(id, device), (row, device) => showDevice(row, device, chair))
    keyed(latest, latestOf(chair), (line) => line.key, makeLine, showLine)
    off.update(chair)
    if (!chair.devices.length) devices.replaceChildren(make('li.none', {}, t('No device is set up for this chair.')))
  }
  const leave = subscribe((event, detail) => event === 'chair' && detail.chair.id === id && update())
  const ticking = setInterval(update, TICK_MS)
  update()
  return () => {
    leave()
    clearInterval(ticking)
  }
}

/** A device's row. Another unit than the one bound here is accepted by its name as it is shown, and only when it was there to be read. */
function makeDevice(chair, { id }) {
  const refusal = make('p.refusal', { role: 'alert' })
  const settled = settles()
  const accept = button('outlined', t('Accept this unit'), () => {
    if (settled.meant()) press(accept, () => act(chair, 'accept_device', { device: id, unit: accept.dataset.unit }), refusal)
  })
  const other = make('div.other', {}, make('p'), accept, refusal)
  other.showUnit = (unit) => {
    settled.shows(unit)
    accept.dataset.unit = unit
    if (!unit) refusal.textContent = ''
  }
  return make('li', {}, make('b'), make('span.age'), make('p'), other)
}

function showDevice(row, device, chair) {
  const [title, age, says, other] = row.children
  const refused = device.refused ?? ''
  other.hidden = !refused
  other.showUnit(refused)
  write(other.firstChild, refused ? anotherUnit(refused, device.unit) : '')
  const last = Math.max(device.last_byte_at ?? 0, ...chair.vitals.filter((vital) => vital.device === device.id && !vital.spot).map(({ at }) => at))
  row.dataset.line = device.line
  write(title, device.title.replace(/ \(.*\)$/, ''))
  write(age, last && device.line !== 'closed' ? ageOf(now() - last) : '')
  write(says, wordsOf(device))
}

const anotherUnit = (unit, own) =>
  own ? t`Another unit: ${unit}, not ${own}. Its values are not shown.` : t`Another unit: ${unit}. Its values are not shown.`

const ageOf = (us) => (us < 10e6 ? `${Math.max(0, us / 1e6).toFixed(1)} s` : us < 120e6 ? `${Math.floor(us / 1e6)} s` : `${Math.floor(us / 60e6)} min`)

/** What a line says of itself: its state, what ails it, how much of it could not be read. */
function wordsOf(device) {
  const said = [device.line === 'live' ? '' : LINES[device.line], t(device.why)]
  said.push(...device.statuses.map(({ text }) => t(text)))
  said.push(...device.alarms.filter(({ active }) => active).map(({ text }) => t(text)))
  said.push(plural(device.faults, t`${device.faults} fault on the line`, t`${device.faults} faults on the line`))
  if (device.accepted_by) said.push(t`accepted by ${device.accepted_by}`)
  if (device.simulated) said.push(t('simulated'))
  return said.filter(Boolean).join(' · ')
}

function latestOf(chair) {
  const lines = [...chair.alerts, ...chair.ended].flatMap((alert) => [
    { key: `${alert.id} began`, at: alert.began, text: `${MARKS[alert.priority]} ${t(alert.text)}` },
    alert.acknowledged_at && { key: `${alert.id} taken`, at: alert.acknowledged_at, text: t`${alert.acknowledged_by.name} acknowledged ${t(alert.text)}` },
    alert.ended_at && { key: `${alert.id} ended`, at: alert.ended_at, text: t`Ended: ${t(alert.text)}` },
  ])
  const { session } = chair
  if (session?.began_at) lines.push({ key: 'began', at: session.began_at, text: t('Infusion started') })
  if (session?.stopped_at) lines.push({ key: 'stopped', at: session.stopped_at, text: t('Infusion ended') })
  return lines.filter(Boolean).sort((a, b) => b.at - a.at).slice(0, LATEST)
}

const makeLine = () => make('li', {}, make('time'), make('span'))

function showLine(row, { at, text }) {
  write(row.firstChild, hourMinute(shown(at), state.zone))
  write(row.lastChild, text)
}
