// Acknowledging one alert, and pausing a chair's sound. One alert a press: there is no "acknowledge all". A press that comes
// just after another alert took the button's place is not taken, for the eye cannot have followed.

import { act, press } from './actions.js'
import { keyed, make, write } from './make.js'
import { groupOf, openAlerts, presentOf } from './model.js'
import { icon } from './icons.js'
import { now, state, subscribe } from './stream.js'
import { t } from './text.js'
import { until } from './walltime.js'
import { alertText, MARKS } from './words.js'

const SETTLE_MS = 500
const PAUSE_S = 120
const KINDS = { high: 'light', medium: 'raised', low: 'outlined' }

/** Acknowledges `alert` for the pressed `control`; its refusal goes into `place`. */
export function acknowledge(control, alert, place) {
  return press(control, () => act(alert.chair, 'acknowledge', { alert: alert.id }), place)
}

export const pauseAudio = (control, chair, place) => press(control, () => act(chair, 'audio_pause', { seconds: PAUSE_S }), place)
export const endPause = (control, chair, place) => press(control, () => act(chair, 'end_audio_pause'), place)

export const isPaused = (chair) => chair.audio_paused_until !== null && chair.audio_paused_until > now()

/** The look of an Acknowledge for this priority: high is the light one. */
export const kindFor = (priority) => `button ${KINDS[priority]}`

/** Whether a control has shown the same target long enough to be meant. */
export function settles() {
  let target = null
  let since = 0
  return {
    shows(key) {
      if (key === target) return
      target = key
      since = performance.now()
    },
    meant: () => performance.now() - since > SETTLE_MS,
  }
}

/** The list of a chair's alerts that are told as one, each with its own Acknowledge: {element, update(chair)}. */
export function makeGroup() {
  const refusal = make('p.refusal', { role: 'alert' })
  const list = make('ul')
  const element = make('div.group', { hidden: true }, list, refusal)
  const settled = settles()
  const create = (alert) => {
    const take = make('button', { type: 'button', className: kindFor(alert.priority), onclick: () => settled.meant() && acknowledge(take, alert, refusal) }, make('span', {}, t('Acknowledge')))
    take.setAttribute('aria-label', t`Acknowledge ${t(alert.text)}`)
    return make('li', {}, make('b.mark'), make('strong'), take)
  }

  function update(chair) {
    const alerts = groupOf(chair)
    settled.shows(alerts.map(({ id }) => id).join())
    element.hidden = !alerts.length
    keyed(list, alerts, ({ id }) => id, create, (row, alert) => {
      row.dataset.priority = alert.priority
      write(row.children[0], MARKS[alert.priority])
      write(row.children[1], alertText(alert, presentOf(chair, alert.parameter)))
    })
    if (!alerts.length) refusal.textContent = ''
  }

  return { element, update }
}

/** Acknowledge and audio pause of one chair, for its header (on a phone under the thumb). */
export function mountChairActions(place) {
  const id = place.dataset.chair
  const settled = settles()
  const refusal = make('p.refusal', { role: 'alert' })
  let target = null
  const word = make('span')
  const take = make(
    'button.button.light.acknowledge',
    { type: 'button', onclick: () => target && settled.meant() && acknowledge(take, target, refusal) },
    word,
  )
  const pauseWord = make('span')
  const pause = make(
    'button.button.raised.audio-pause',
    { type: 'button', onclick: () => pressPause() },
    icon('audioPaused'),
    pauseWord,
  )
  const pressPause = () => (isPaused(state.chairs.get(id)) ? endPause : pauseAudio)(pause, id, refusal)

  const refresh = () => {
    const chair = state.chairs.get(id)
    if (!chair) return
    const open = openAlerts(chair)
    target = open.find((alert) => alert.state !== 'acknowledged') ?? null
    take.hidden = groupOf(chair).length > 0 // then each has its own beside its words
    settled.shows(target?.id ?? null)
    place.classList.toggle('calm', !target && !isPaused(chair))
    take.disabled = !target
    write(word, target || !open.length ? t('Acknowledge') : t('Acknowledged'))
    take.setAttribute('aria-label', target ? t`Acknowledge ${t(target.text)}` : t('Nothing to acknowledge'))
    write(
      pauseWord,
      isPaused(chair) ? t`Paused ${until(chair.audio_paused_until)} · end` : innerWidth < 600 ? t('Pause 2 min') : t('Audio pause 2 min'),
    )
    if (!target) refusal.textContent = ''
  }

  place.classList.add('chair-actions')
  place.replaceChildren(take, pause, refusal)
  refresh()
  const leave = subscribe(refresh)
  return leave
}
