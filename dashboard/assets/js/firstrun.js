// The first run: no chair is there yet, so nothing live is on this page. It names the room, looks what speaks on the ports, names
// chairs and people, has all of it checked, and has the configuration written. Then the house begins by itself.

import { press, read, send } from './actions.js'
import { choice, field } from './dialogs.js'
import { driverOf, nextChair, planOf, portsOf } from './firstrunplan.js'
import { button, make, write } from './make.js'
import { findingLines, portName } from './portrows.js'
import { t } from './text.js'

const POLL_MS = 700
const CHECK_MS = 500
const ROLES = [['physician', t('Physician')], ['nurse', t('Nurse')], ['observer', t('Observer')], ['administrator', t('Administrator')]]

const guide = {
  drivers: [], ports: { ports: [], running: false, trouble: '', found: [] }, named: [], choices: new Map(),
  clinic: t('Infusion room'), zone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC', language: document.documentElement.lang,
  chairs: [{ id: '1', name: t('Chair 1') }], people: [{ name: '', role: 'physician' }], sign: false,
}
const ports = () => portsOf(guide.ports, guide.named)
const plan = () => planOf(guide, ports(), guide.choices, guide.drivers)

const host = document.getElementById('vigil-first-run')
if (host) begin()

async function begin() {
  host.replaceChildren(make('p.loading', {}, t('Looking at this computer…')))
  const told = await read('first-run')
  if (!told) {
    const again = button('light', t('Try again'), begin)
    return host.replaceChildren(make('div.first-run', {}, make('h1', {}, t('Vigil does not answer')), make('p', {}, t('Is “vigil serve” still running?')), again))
  }
  guide.drivers = told.drivers
  guide.ports = told.ports
  show(told.config)
  if (told.written) waitForHouse()
  else if (told.ports.running) follow()
}

function show(path) {
  const parts = [roomPart(), chairPart(), portPart(), peoplePart(), endPart(path)]
  const lead = make('p', {}, t('Nobody is watched until this is done. What you enter is written to'), ' ', make('code', {}, path), ' ', t('on this computer, and to nothing else.'))
  const head = make('header', {}, make('h1', {}, t('Set up Vigil')), lead, make('p.quiet', {}, t('Secondary display. Bedside monitor alarms stay on.')))
  host.replaceChildren(make('div.first-run', {}, head, parts.map((part, index) => step(index + 1, part))))
  refresh()
}

function step(number, { title, words, body }) {
  const head = make('div.what', {}, make('h2', {}, title), make('p', {}, words))
  return make('section.guide-step', { 'aria-label': title }, make('span.number', { 'aria-hidden': 'true' }, String(number)), head, make('div.answer', {}, body))
}

function typed(label, value, set, options = {}) {
  const box = field(label, { value, maxLength: 80, ...options })
  box.input.addEventListener('input', () => {
    set(box.input.value)
    changed()
  })
  return box
}

// 1: the room

function roomPart() {
  const name = typed(t('Name of the room'), guide.clinic, (value) => { guide.clinic = value })
  const zone = typed(t('Time zone'), guide.zone, (value) => { guide.zone = value }, { maxLength: 60 })
  const zones = make('datalist', { id: 'zones' }, Intl.supportedValuesOf('timeZone').map((value) => make('option', { value })))
  zone.input.setAttribute('list', zones.id)
  return { title: t('The room'), words: t('Its name stands on every screen; its times are of this zone.'), body: [make('div.fields.pair', {}, name.element, zone.element), zones] }
}

// 2: chairs

function chairPart() {
  const list = make('div.chair-rows')
  guide.showChairs = () => list.replaceChildren(...guide.chairs.map(chairRow))
  guide.showChairs()
  const add = button('outlined', t('Add a chair'), () => {
    guide.chairs.push(nextChair(guide.chairs))
    chairsChanged()
  }, 'plus')
  return { title: t('Chairs'), words: t('One for each place where infusions are given. The id stands in the record and stays.'), body: [list, add] }
}

function chairRow(chair, index) {
  const id = typed(t('Id'), chair.id, (value) => {
    for (const one of guide.choices.values()) if (one.chair === chair.id) one.chair = value.trim()
    chair.id = value.trim()
    guide.showPorts()
  }, { maxLength: 16 })
  const name = typed(t('Name'), chair.name, (value) => { chair.name = value; guide.showPorts() }, { maxLength: 40 })
  const away = button('outlined', t('Remove'), () => {
    guide.chairs.splice(index, 1)
    for (const one of guide.choices.values()) if (one.chair === chair.id) one.chair = ''
    chairsChanged()
  })
  away.setAttribute('aria-label', t`Remove ${chair.name || chair.id}`)
  return make('div.chair-row', {}, id.element, name.element, guide.chairs.length > 1 ? away : null)
}

function chairsChanged() {
  guide.showChairs()
  guide.showPorts()
  changed()
}

// 3: ports and devices

function portPart() {
  const list = make('ul.port-rows', { 'aria-live': 'polite' })
  const refusal = make('p.refusal', { role: 'alert' })
  const look = button('raised', t('What speaks here?'), () => press(look, () => probing(ports().map(({ path }) => path)), refusal), 'wave')
  const again = button('outlined', t('Look for ports again'), () => press(again, lookAgain, refusal))
  const other = field(t('Another port, by its path'), { maxLength: 255, placeholder: '/dev/serial/by-id/…' })
  const add = button('outlined', t('Add'), () => {
    const path = other.input.value.trim()
    if (path && !guide.named.includes(path)) guide.named.push(path)
    other.input.value = ''
    guide.showPorts()
  })
  guide.showPorts = () => {
    const all = ports()
    look.hidden = !all.length
    write(look.querySelector('span'), guide.ports.running ? t('Listening, up to a minute or two…') : t('What speaks here?'))
    look.disabled = guide.ports.running
    write(refusal, guide.ports.trouble ? t`Looking ended early: ${guide.ports.trouble}.` : '')
    list.replaceChildren(...(all.length ? all.map(portRow) : [noPort()]))
  }
  guide.showPorts()
  const body = [list, refusal, make('div.answers-row', {}, look, again), make('div.named', {}, other.element, add)]
  return { title: t('Ports and devices'), words: t('Vigil listens on each port, and asks only what harms nobody: it starts no cuff and sets nothing. Then say at which chair a device stands.'), body }
}

const noPort = () =>
  make('li.no-port', {}, make('b', {}, t('No serial port is found.')), make('p', {}, t('Plug the cable of a device or its USB adapter into this computer, then look again. You may also go on without: a chair without a device measures nothing, and ports can be written into the file later.')))

function portRow(port) {
  const choice = guide.choices.get(port.path) ?? { chair: '', driver: '' }
  const set = (part) => (event) => {
    guide.choices.set(port.path, { ...(guide.choices.get(port.path) ?? choice), [part]: event.target.value })
    guide.showPorts()
    changed()
  }
  const driver = driverOf(port, choice)
  const drivers = [['', t('Not known')], ...guide.drivers.map(({ name, title }) => [name, title])]
  const chairs = [['', t('Not used')], ...guide.chairs.map(({ id, name }) => [id, name || t`Chair ${id}`])]
  const device = selecting(t('Device'), drivers, driver, set('driver'))
  const at = selecting(t('Stands at'), chairs, choice.chair, set('chair'))
  at.querySelector('select').disabled = !driver
  return make('li.port-row', {}, portName(port), make('div.found', {}, findingLines(port.finding, guide.ports.running)), device, at)
}

function selecting(label, options, value, onchange) {
  const select = make('select', { onchange }, options.map(([word, text]) => make('option', { value: word, selected: word === value }, text)))
  return make('label.field', {}, make('span', {}, label), make('div.box', {}, select))
}

async function lookAgain() {
  const told = await read('first-run/ports')
  if (!told) return { ok: false, sentence: t('Vigil does not answer. Is “vigil serve” still running?') }
  guide.ports = told
  guide.showPorts()
  return { ok: true }
}

async function probing(paths) {
  const outcome = await send('first-run/probe', { ports: paths })
  if (!outcome.ok) return outcome
  guide.ports = outcome.answer
  guide.showPorts()
  follow()
  return outcome
}

function follow() {
  setTimeout(async () => {
    const before = guide.ports.found.length
    const { ok } = await lookAgain()
    if (ok && guide.ports.found.length !== before) changed()
    if (!ok || guide.ports.running) follow()
  }, POLL_MS)
}

// 4: people

function peoplePart() {
  const list = make('div.people-rows')
  const sign = make('input', { type: 'checkbox', onchange: () => { guide.sign = sign.checked; changed() } })
  const words = make('span')
  guide.showPeople = () => list.replaceChildren(...guide.people.map(personRow))
  guide.showSign = () => {
    const name = guide.people.find((one) => one.role === 'physician' && one.name.trim())?.name.trim()
    sign.disabled = !name
    write(words, t`${name ?? t('A physician')} signs the shipped limits, delays and protocols as this clinic's first pre-set. Left open, they count all the same, unsigned, until a physician signs.`)
  }
  guide.showPeople()
  guide.showSign()
  const add = button('outlined', t('Add a person'), () => {
    guide.people.push({ name: '', role: 'nurse' })
    guide.showPeople()
    list.lastElementChild.querySelector('input').focus()
  }, 'plus')
  const body = [list, add, make('label.sign', {}, sign, words)]
  return { title: t('People'), words: t('Who may sign in: a name to choose, so that every action bears one. Name at least one physician.'), body }
}

function personRow(person, index) {
  const name = typed(index ? t('Name') : t('First physician'), person.name, (value) => { person.name = value }, { maxLength: 100 })
  if (!index) return make('div.person-row', {}, name.element)
  const role = choice(t('Role'), ROLES, { value: person.role, onchange: (word) => { person.role = word; changed() } })
  return make('div.person-row', {}, name.element, role.element)
}

// 5: check and begin

function endPart(path) {
  const said = make('div.said', { 'aria-live': 'polite' })
  const text = make('pre')
  const file = make('details', {}, make('summary', {}, t('What will be written')), text)
  const refusal = make('p.refusal', { role: 'alert' })
  const go = button('light', t('Write it and begin'), () => press(go, writing, refusal))
  guide.showCheck = (checked) => {
    if (!checked) return said.replaceChildren(make('p.quiet', {}, t('Being checked…')))
    const warnings = checked.warnings.map((warning) => make('li', {}, `${warning}.`))
    said.replaceChildren(checked.refusal ? make('p.wanting', {}, t`Still wanting: ${checked.refusal}.`) : make('p', {}, t('This can be used.')), make('ul.warnings', {}, warnings))
    go.disabled = Boolean(checked.refusal)
    file.hidden = !checked.text
    write(text, checked.text)
  }
  return { title: t('Check and begin'), words: t`Checked as “vigil check-config” does. ${path.split('/').pop()} is written once, and never over one that is there.`, body: [said, file, refusal, make('div.answers-row', {}, go)] }
}

let waiting = 0
let asked = 0

function changed() {
  guide.showSign()
  clearTimeout(waiting)
  waiting = setTimeout(refresh, CHECK_MS)
}

async function refresh() {
  const mine = ++asked
  const { ok, answer, sentence } = await send('first-run/check', plan())
  if (mine === asked) guide.showCheck(ok ? answer : { refusal: sentence.replace(/\.$/, ''), warnings: [], text: '' })
}

async function writing() {
  const outcome = await send('first-run/write', plan())
  if (outcome.ok) waitForHouse()
  return outcome
}

/** The house begins on the same address; then the wall is there. */
function waitForHouse() {
  host.replaceChildren(make('div.first-run', {}, make('h1', {}, t('Vigil begins')), make('p', { role: 'status' }, t('The configuration is written. The wall opens as soon as the house answers. If it does not, the window in which “vigil serve” runs says why.'))))
  const asking = setInterval(async () => {
    const answer = await fetch('/healthz', { cache: 'no-store' }).catch(() => null)
    if (!answer?.ok) return
    clearInterval(asking)
    location.replace('/')
  }, POLL_MS)
}
