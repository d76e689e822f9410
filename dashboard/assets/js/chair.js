// One chair in full: who, the alert, waves, every number with its limits, the cuff. The trend, the session's controls and
// the devices stand beside it in mounts of their own.

import { makeGroup, mountChairActions } from './acknowledge.js'
import { makeCell, markAlert } from './cells.js'
import { lastOf } from './charted.js'
import { makeCuff } from './cuff.js'
import { eachFrame } from './frames.js'
import { icon } from './icons.js'
import { make, write } from './make.js'
import { openAlerts, presentOf } from './model.js'
import { makeRail } from './rail.js'
import { makeRewind } from './rewind.js'
import { now, state, subscribe } from './stream.js'
import { t } from './text.js'
import { makeHead } from './tiles.js'
import { makeWatermark } from './watermark.js'
import { hour } from './walltime.js'
import { addStage, addStrip, ECG, PLETH, RESP } from './waveforms.js'
import { CURVES, NAMES, number } from './words.js'

const RENEW_MS = 400
const WAVES = [[ECG, '25 mm/s'], [PLETH, ''], [RESP, '6.25 mm/s']]
const PX_PER_MM = 96 / 25.4

/** Fills `host` with the chair it names; gives back how to end it. */
export function mountChair(host) {
  const { chair: id } = host.dataset
  let page = null
  const begin = () => {
    const chair = state.chairs.get(id)
    if (page || !chair) return !page && state.clinic && nobody(host, id)
    host.replaceChildren()
    page = makePage(host, chair)
  }
  begin()
  const leave = subscribe((event, detail) => {
    begin()
    if (event === 'chair' && detail.chair.id === id) page?.take(detail.changes)
  })
  return () => {
    leave()
    page?.remove()
  }
}

function nobody(host, id) {
  host.replaceChildren(
    make('div.nowhere', {}, make('h1', {}, t`There is no chair “${id}” here.`), make('a', { href: '/' }, t('To the wall'))),
  )
}

function makePage(host, chair) {
  const head = makeTop(chair)
  const cells = ['hr', 'spo2', 'rr'].map((kind) => makeCell(chair.id, kind))
  const cuff = makeCuff(chair.id)
  const waves = makeWaves(chair.id)
  const present = make('div.present', {}, waves.element, make('div.numbers', {}, cells.map(({ element }) => element)), cuff.element)
  host.append(make('h1.unseen', {}, chair.name), head.element, present)
  const watermark = makeWatermark(present)
  const update = () => {
    const at = now()
    head.update(chair, at)
    for (const cell of cells) cell.update(chair, at)
    cuff.update(chair, at)
    waves.update(chair)
    watermark.update(chair.demo)
  }
  let renewed = 0
  const leave = eachFrame((ms) => {
    if (ms - renewed < RENEW_MS) return
    renewed = ms
    update()
  })
  update()
  return {
    take: update,
    remove() {
      leave()
      head.remove()
      waves.remove()
    },
  }
}

/** Who sits here, what is alert, and what a person can do about it. */
function makeTop(chair) {
  const head = makeHead(chair)
  const details = make('p.details')
  const emergency = make('span.chip.emergency', { hidden: true })
  const rail = makeRail()
  const actions = make('div')
  actions.dataset.chair = chair.id
  const group = makeGroup()
  const element = make('header.chair-top', {}, make('a.back', { href: '/', 'aria-label': t('To the wall') }, icon('back')), make('div.who-line', {}, head.element, make('div.under', {}, emergency, details)), rail.element, actions, group.element)
  const leave = mountChairActions(actions)
  function update(now_, at) {
    const [first] = openAlerts(now_)
    markAlert(element, first)
    element.removeAttribute('data-flash')
    head.update(now_, first, at)
    rail.update(now_, at)
    group.update(now_)
    write(details, detailsOf(now_))
    const marked = now_.session?.phase === 'closed' ? null : lastOf(now_.session, 'emergency')
    emergency.hidden = !marked
    if (marked) write(emergency, t`Emergency marked ${hour(marked.at)}`)
  }
  return { element, update, remove: leave }
}

function detailsOf({ name, session }) {
  if (!session || session.phase === 'closed') return t`${name} · no patient`
  const { patient, weight_kg, order, nurse } = session
  return [patient.id && t`Id ${patient.id}`, `${Number(weight_kg)} kg`, t(order), nurse].filter(Boolean).join(' · ')
}

function makeWaves(id) {
  const rows = WAVES.map(([kind, speed]) => {
    const [name, note, strip] = [make('b'), make('span'), make('div.strip')]
    const element = make('div.wave', {}, make('p', {}, name, note), strip)
    element.style.setProperty('--hue', `var(${kind.colour})`)
    const told = speed ? { ...kind, speed: parseFloat(speed) * PX_PER_MM } : kind
    return { kind, speed, name, note, strip, element, drawn: addStrip(strip, id, told) }
  })
  function update(chair) {
    for (const { kind, speed, name, note, strip } of rows) {
      write(name, CURVES[strip.dataset.curve] ?? kind.name)
      write(note, kind === PLETH ? perfusion(chair) : speed)
    }
  }
  const rewind = makeRewind(id)
  const element = make('div.waves', {}, rows.map(({ element: row }) => row), rewind.element)
  const stage = addStage(element, () => [element])
  return {
    element,
    update,
    remove() {
      stage.remove()
      rows.forEach(({ drawn }) => drawn.remove())
      rewind.remove()
    },
  }
}

/** What the oximeter says beside its curve: perfusion index and pulse rate. */
function perfusion(chair) {
  return ['pi', 'pr']
    .map((parameter) => [parameter, number(parameter, presentOf(chair, parameter))])
    .filter(([, value]) => value !== null)
    .map(([parameter, value]) => `${NAMES[parameter]} ${value}${parameter === 'pi' ? ' %' : ''}`)
    .join(' · ')
}

