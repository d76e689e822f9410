// What each line of the chair says, and what happened here last.

import { icon } from './icons.js'
import { keyed, make, write } from './make.js'
import { now, shown, state, subscribe } from './stream.js'
import { hourMinute, LINES, MARKS, plural } from './words.js'

const LATEST = 6
const TICK_MS = 500

/** Fills `host` with the devices of the chair it names; gives back how to end it. */
export function mountDevices(host) {
  const { chair: id } = host.dataset
  const [devices, latest] = [make('ul.devices'), make('ol.latest')]
  host.replaceChildren(
    make('h2', {}, icon('technical'), make('span', {}, 'Devices')), devices,
    make('h2', {}, icon('clock'), make('span', {}, 'Latest'), make('a', { href: '/alerts' }, 'all alerts')), latest,
  )
  const update = () => {
    const chair = state.chairs.get(id)
    if (!chair) return
    keyed(devices, chair.devices, (device) => device.id, makeDevice, (row, device) => showDevice(row, device, chair))
    keyed(latest, latestOf(chair), (line) => line.key, makeLine, showLine)
    if (!chair.devices.length) devices.replaceChildren(make('li.none', {}, 'No device is set up for this chair.'))
  }
  const leave = subscribe((event, detail) => event === 'chair' && detail.chair.id === id && update())
  const ticking = setInterval(update, TICK_MS)
  update()
  return () => {
    leave()
    clearInterval(ticking)
  }
}

const makeDevice = () => make('li', {}, make('b'), make('span.age'), make('p'))

function showDevice(row, device, chair) {
  const [title, age, says] = row.children
  const last = Math.max(device.last_byte_at ?? 0, ...chair.vitals.filter((vital) => vital.device === device.id && !vital.spot).map(({ at }) => at))
  row.dataset.line = device.line
  write(title, device.title.replace(/ \(.*\)$/, ''))
  write(age, last && device.line !== 'closed' ? ageOf(now() - last) : '')
  write(says, wordsOf(device))
}

const ageOf = (us) => (us < 10e6 ? `${Math.max(0, us / 1e6).toFixed(1)} s` : us < 120e6 ? `${Math.floor(us / 1e6)} s` : `${Math.floor(us / 60e6)} min`)

/** What a line says of itself: its state, what ails it, how much of it could not be read. */
function wordsOf(device) {
  const said = [device.line === 'live' ? '' : LINES[device.line], device.why]
  said.push(...device.statuses.map(({ text }) => text))
  said.push(...device.alarms.filter(({ active }) => active).map(({ text }) => text))
  said.push(plural(device.faults, 'fault on the line', 'faults on the line'))
  if (device.simulated) said.push('simulated')
  return said.filter(Boolean).join(' · ')
}

function latestOf(chair) {
  const lines = [...chair.alerts, ...chair.ended].flatMap((alert) => [
    { key: `${alert.id} began`, at: alert.began, text: `${MARKS[alert.priority]} ${alert.text}` },
    alert.acknowledged_at && { key: `${alert.id} taken`, at: alert.acknowledged_at, text: `${alert.acknowledged_by.name} acknowledged ${alert.text}` },
    alert.ended_at && { key: `${alert.id} ended`, at: alert.ended_at, text: `Ended: ${alert.text}` },
  ])
  const { session } = chair
  if (session?.began_at) lines.push({ key: 'began', at: session.began_at, text: 'Infusion started' })
  if (session?.stopped_at) lines.push({ key: 'stopped', at: session.stopped_at, text: 'Infusion ended' })
  return lines.filter(Boolean).sort((a, b) => b.at - a.at).slice(0, LATEST)
}

const makeLine = () => make('li', {}, make('time'), make('span'))

function showLine(row, { at, text }) {
  write(row.firstChild, hourMinute(shown(at), state.zone))
  write(row.lastChild, text)
}
