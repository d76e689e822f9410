// The band over every page, dialogs too, of a screen to which an alert was escalated because nobody has acknowledged it: which
// chair, what, for how long. It calls nobody: it shows, and sounds.js sounds. It goes when somebody acknowledges.

import { actor, onActor } from './actions.js'
import { markAlert } from './cells.js'
import { icon, redraw } from './icons.js'
import { make, write } from './make.js'
import { isEscalatedTo, openAlerts, presentOf } from './model.js'
import { lost, now, state, subscribe } from './stream.js'
import { t } from './text.js'
import { blockOf } from './tiles.js'
import { ago, alertText, escalationWords, MARKS } from './words.js'

/** What was escalated to this screen, the one to be told first first: [[chair, alert], …]. */
export function escalatedHere(role) {
  const found = [...state.chairs.values()].flatMap((chair) =>
    openAlerts(chair).filter((alert) => isEscalatedTo(alert, role)).map((alert) => [chair, alert]))
  const rank = ([, { priority, escalation }]) => (priority === 'high' ? 10 : 0) + escalation
  return found.sort((a, b) => rank(b) - rank(a) || a[1].waiting_since - b[1].waiting_since)
}

/** Adds the band to the page; while it shows, the page makes room for it. */
export function startEscalation() {
  const parts = { sign: icon('bell') }
  for (const [name, what] of [['block', 'b.block'], ['mark', 'b.mark'], ['text', 'strong'], ['detail', 'span.detail'], ['go', 'span.go']]) parts[name] = make(what)
  const words = make('span.words', {}, parts.text, parts.detail)
  parts.link = make('a.whole', {}, parts.mark, parts.sign, parts.block, words, parts.go)
  parts.others = make('a.others', { href: '/alerts' })
  const band = make('div.escalated', { popover: 'manual', role: 'alert' }, parts.link, parts.others)
  document.body.append(band)
  let beneath = null // the dialog over which the band was last put

  function refresh() {
    const found = lost() ? [] : escalatedHere(actor?.role)
    const shows = band.matches(':popover-open')
    document.documentElement.toggleAttribute('data-escalated', found.length > 0)
    if (!found.length) return shows && band.hidePopover()
    fill(band, parts, found)
    const dialog = [...document.querySelectorAll('dialog[open]')].at(-1) ?? null
    if (shows && dialog === beneath) return
    if (shows) band.hidePopover()
    beneath = dialog
    band.showPopover()
  }

  subscribe((event) => event !== 'chair' && refresh())
  onActor(refresh)
  setInterval(refresh, 500)
}

function fill(band, { link, mark, sign, block, text, detail, go, others }, [[chair, alert], ...rest]) {
  const patient = chair.session && chair.session.phase !== 'closed' ? chair.session.patient : null
  markAlert(band, alert)
  link.href = `/chair/${encodeURIComponent(chair.id)}`
  write(mark, MARKS[alert.priority])
  redraw(sign, alert.state === 'active' ? alert.kind : alert.state)
  write(block, blockOf(chair))
  write(text, [patient?.initials, chair.group ? t(chair.group.text) : alertText(alert, presentOf(chair, alert.parameter))].filter(Boolean).join('  '))
  const quiet = chair.audio_paused_until !== null && chair.audio_paused_until > now() ? t('Audio is paused.') : ''
  const waits = t`Not acknowledged for ${ago(now() - alert.waiting_since)}.`
  write(detail, [waits, `${escalationWords(alert)}.`, quiet].filter(Boolean).join(' '))
  write(go, t`To ${chair.name.toLowerCase()}`)
  others.hidden = !rest.length
  write(others, t`+${rest.length} more`)
}
