// What the first run will write, made of what the page holds. Pure: it decides nothing, the server checks it.

import { t } from './text.js'

/** Ports as they stand together: those of this computer, those named by hand, and what was found on each. */
export function portsOf({ ports, found }, named) {
  const known = new Map(ports.map((port) => [port.path, { ...port }]))
  for (const path of named) if (!known.has(path)) known.set(path, { path, name: path, title: t('named by hand') })
  for (const finding of found) {
    const port = known.get(finding.port) ?? { path: finding.port, name: finding.port, title: t('no longer there') }
    known.set(finding.port, { ...port, finding })
  }
  return [...known.values()]
}

/** The driver of a port: what was found, else what a person chose. */
export const driverOf = (port, choice) => choice?.driver || (port.finding?.known ? port.finding.driver : '')

/** A device's id at its chair: its usual place, numbered where that is taken. */
function idIn(taken, place) {
  let id = place
  for (let n = 2; taken.has(id); n += 1) id = `${place}${n}`
  taken.add(id)
  return id
}

function deviceOf(port, choice, drivers, taken) {
  const driver = driverOf(port, choice)
  const found = port.finding?.known && port.finding.driver === driver ? port.finding : null
  const device = { id: idIn(taken, drivers.find(({ name }) => name === driver)?.place ?? 'device'), driver, port: port.name }
  if (found?.own_line) device.line = found.own_line
  if (found?.serial_number) device.serial_number = found.serial_number
  return device
}

/** The plan as the server takes it. `choices`: a port's path → {chair, driver}. */
export function planOf({ clinic, zone, language = 'en', chairs, people, sign }, ports, choices, drivers) {
  const user = people.filter(({ name }) => name.trim()).map(({ name, role }) => ({ name: name.trim(), role }))
  const chair = chairs.map(({ id, name }) => {
    const taken = new Set()
    const mine = ports.filter((port) => choices.get(port.path)?.chair === id && driverOf(port, choices.get(port.path)))
    const device = mine.map((port) => deviceOf(port, choices.get(port.path), drivers, taken))
    return { id, ...(name.trim() ? { name: name.trim() } : {}), ...(device.length ? { device } : {}) }
  })
  const physician = user.find(({ role }) => role === 'physician')
  const room = { name: clinic.trim(), zone: zone.trim(), ...(language === 'en' ? {} : { language }) }
  return { clinic: room, user, chair, signer: sign && physician ? physician.name : null }
}

/** The next free number for a chair. */
export function nextChair(chairs) {
  let n = chairs.length + 1
  while (chairs.some(({ id }) => id === String(n))) n += 1
  return { id: String(n), name: t`Chair ${n}` }
}
