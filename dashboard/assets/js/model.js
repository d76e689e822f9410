// What is known of a chair: a snapshot, and the changes that came after it. Pure: it draws nothing and asks nobody.

const HOUR_US = 3_600_000_000

/** A chair as the welcome names it, before its snapshot came. Fields beside those of ChairView: id, index, seq, ended, known. */
export const unknownChair = ({ id, name, index }) => ({
  id,
  index,
  seq: 0,
  known: false,
  ended: [],
  chair: id,
  name,
  at: 0,
  demo: false,
  offset_us: 0,
  session: null,
  vitals: [],
  devices: [],
  alerts: [],
  limits: [],
  commands: [],
  nibp: { interval_s: null, next_at: null, stopped_why: '' },
  audio_paused_until: null,
  audio_paused_by: '',
  house: [],
  group: null,
})

/** Takes a snapshot whole: all that was known before is gone. */
export function takeSnapshot(chair, { seq, state, ended }) {
  Object.assign(chair, state, { seq, ended: [...ended], known: true })
}

/** Applies one `changes` message. The caller has seen to it that nothing is missing before it. */
export function takeChanges(chair, { seq, at, changes }) {
  chair.seq = seq
  chair.at = Math.max(chair.at, at)
  for (const change of changes) TAKE[change.type]?.(chair, change)
}

const TAKE = {
  reading: (chair, { vitals }) => vitals.forEach((vital) => put(chair.vitals, vital, 'parameter')),
  device(chair, { device, demo }) {
    put(chair.devices, device, 'id')
    chair.demo = demo
  },
  session: (chair, { session }) => (chair.session = session),
  alert: (chair, { alert, at }) => (alert.state === 'ended' ? end(chair, alert, at) : put(chair.alerts, alert, 'id')),
  audio_pause(chair, { until, by }) {
    chair.audio_paused_until = until
    chair.audio_paused_by = by
  },
  group: (chair, { group }) => (chair.group = group),
  limits: (chair, { limits }) => (chair.limits = limits),
  command: (chair, { command }) => put(chair.commands, command, 'id'),
  nibp: (chair, { nibp }) => (chair.nibp = nibp),
  house(chair, { house, offset_us }) {
    chair.house = house
    chair.offset_us = offset_us
  },
}

function put(list, item, key) {
  const place = list.findIndex((other) => other[key] === item[key])
  if (place < 0) list.push(item)
  else list[place] = item
}

function end(chair, alert, at) {
  chair.alerts = chair.alerts.filter((other) => other.id !== alert.id)
  chair.ended = chair.ended.filter((other) => other.id !== alert.id && at - (other.ended_at ?? at) < HOUR_US)
  chair.ended.push(alert)
}

export const vitalOf = (chair, parameter) => chair.vitals.find((vital) => vital.parameter === parameter) ?? null

/** Measured once, of what is otherwise watched (SpO₂, pulse): never to be taken for a live number. The cuff's readings are none. */
export const isSpotCheck = (vital) => vital.spot && !vital.parameter.startsWith('nibp')

/** The value that stands for now; null for a spot check, and where there is none. */
export function presentOf(chair, parameter) {
  const vital = parameter && vitalOf(chair, parameter)
  return vital && !isSpotCheck(vital) ? vital.value : null
}

const RANK = { high: 3, medium: 2, low: 1 }

/** Open alerts, the one to be told first first: unacknowledged before acknowledged, then by priority, active before latched, newest. */
export function openAlerts(chair) {
  const weight = (alert) =>
    (alert.state === 'acknowledged' ? 0 : 100) + RANK[alert.priority] * 10 + (alert.state === 'active' ? 1 : 0)
  return chair.alerts.filter((alert) => alert.state !== 'ended').sort((a, b) => weight(b) - weight(a) || b.began - a.began)
}

/**
 * Whether an alert that nobody has acknowledged was escalated to a screen at which somebody of `role` (or nobody) is signed in.
 * One that has fallen to low since stays on its chair: a band over every page would hide what matters more.
 */
export function isEscalatedTo({ state, priority, escalation = 0 }, role) {
  if (state === 'acknowledged' || state === 'ended' || priority === 'low' || !escalation) return false
  return escalation > 1 || role === (priority === 'high' ? 'physician' : 'nurse')
}

/** The alerts of a chair's group, the most urgent first; none where its alerts are not told as one. */
export const groupOf = ({ group, alerts }) =>
  (group?.alerts ?? []).map((id) => alerts.find((alert) => alert.id === id)).filter(Boolean)

/** How much a chair needs somebody: for the list of the phone and the order by need. */
export function need(chair) {
  const [first] = openAlerts(chair)
  if (!first) return chair.session && chair.session.phase !== 'closed' ? 1 : 0
  return (first.state === 'acknowledged' ? 10 : 20) + RANK[first.priority] * (first.state === 'acknowledged' ? 1 : 3)
}
