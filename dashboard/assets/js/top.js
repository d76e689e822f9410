// The bar over every page: whose display it is, open alerts by priority, sound, screens, who is signed in, the time.
// On a phone the pages stand in a row of tabs below.

import { findOut, onActor } from './actions.js'
import { heard } from './soundbar.js'
import { icon, redraw } from './icons.js'
import { make, write } from './make.js'
import { openAlerts } from './model.js'
import { onPage } from './pages.js'
import { onSoundState, unlock } from './sounds.js'
import { now, shown, state, subscribe } from './stream.js'
import { t } from './text.js'
import { keepAwake, onWakeLock } from './wakelock.js'
import { orderOf } from './wall.js'
import { hour } from './walltime.js'
import { alertText, clock, hourMinute, MARKS, NOTICE, PRIORITIES, screensOf, zoneOffset } from './words.js'

const PHONE = 600 // px
const TICK_MS = 200
const ROLES = { nurse: t('RN'), physician: t('MD'), observer: t('observer'), administrator: t('admin'), service: t('service') }
const SOUNDS = { running: ['speaker', t('Sound on')], locked: ['speakerOff', t('Start sound')], missing: ['speakerOff', t('No sound here')] }

const item = (what, iconName, words, properties = {}) =>
  make(`${what}.item`, properties, icon(iconName), make('span.word', {}, words))

/** Fills `host`; it stays as long as the page lives. */
export function mountTop(host) {
  const clinic = make('a.clinic', { href: '/', hidden: true })
  const counts = ['high', 'medium', 'low'].map(makeCount)
  const order = item('button', 'order', '', { type: 'button', onclick: turnOrder })
  order.dataset.only = 'wide'
  order.dataset.brief = ''
  const sound = makeSound()
  const sleepy = makeSleepy()
  const screens = item('span', 'screen', '')
  const silence = screens.appendChild(make('span.more-word'))
  screens.dataset.only = 'wide'
  const who = item('a.who', 'person', t('Sign in'), { href: '/sign-in' })
  who.dataset.only = 'wide'
  const rules = item('a', 'pencil', t('Rules'), { href: '/settings' })
  rules.dataset.only = 'wide'
  rules.dataset.brief = ''
  const sessions = item('a', 'list', t('Sessions'), { href: '/sessions' })
  sessions.dataset.only = 'wide'
  sessions.dataset.brief = ''
  const theme = item('button', 'sun', '', { type: 'button', onclick: turnTheme, 'aria-label': t('Light or dark') })
  theme.dataset.only = 'wide'
  const [time, offset] = [make('span'), make('small')]
  const back = item('a', 'back', t('Wall'), { href: '/' })
  back.dataset.only = 'wide'
  host.append(
    makeSkip(), make('a.brand', { href: '/' }, 'Vigil'), clinic, make('span.notice', {}, NOTICE), make('span.gap'),
    ...counts.map(({ element }) => element), back, order, sleepy, sound, screens, sessions, rules, who, theme, make('span.clock', {}, time, offset),
  )

  const tick = () => {
    if (!state.heardAt) return
    const at = shown(now())
    write(time, innerWidth < PHONE ? hourMinute(at, state.zone) : clock(at, state.zone))
    write(offset, zoneOffset(at, state.zone))
  }
  const count = () => counts.forEach(({ update }) => update())
  const greet = () => {
    write(clinic, state.clinic)
    clinic.hidden = !state.clinic
    entitle(location.pathname)
  }
  subscribe((event) => {
    if (event === 'alerts' || event === 'welcome') count()
    if (event === 'welcome') greet()
    if (event !== 'beat') return
    const { connected, sounding } = state.screens
    write(screens.querySelector('.word'), screensOf(connected))
    write(silence, sounding ? '' : t('none sounds'))
    tick()
  })
  setInterval(tick, TICK_MS)
  onPage(count)
  onActor((actor) => write(who.lastChild, actor ? `${actor.name} ${ROLES[actor.role] ?? ''}`.trim() : t('Sign in')))
  onPage((path) => {
    back.hidden = path === '/'
    order.hidden = path !== '/'
    entitle(path)
  })
  greet() // the welcome may have come before the shell
  tellOrder(order)
  findOut()
}

/** Past the bar, for those who go by keys. */
function makeSkip() {
  const skip = (event) => {
    event.preventDefault()
    document.getElementById('vigil-page').focus()
  }
  return make('a.skip', { href: '#vigil-page', onclick: skip }, t('To the page'))
}

const TITLES = { '/': t('All chairs'), '/alerts': t('Alerts'), '/sessions': t('Sessions'), '/shift': t('Start of shift'), '/settings': t('Rules'), '/sign-in': t('Sign in') }

/** Names the page in its tab; the mark of open alerts before it stays. */
function entitle(path) {
  const id = path.startsWith('/chair/') && decodeURIComponent(path.slice('/chair/'.length))
  const name = id ? (state.chairs.get(id)?.name ?? t('Chair')) : path.startsWith('/session/') ? t('Session') : TITLES[path]
  const mark = document.title.match(/^\(!+ \d+\) /)?.[0] ?? ''
  document.title = `${mark}${name ? `${name} – ` : ''}Vigil`
}

/** Stands there while a screen that was to stay awake may sleep; a shift that was begun here asks again by itself. */
function makeSleepy() {
  const element = item('button.wanting', 'screen', t('Screen may sleep'), { type: 'button', onclick: keepAwake, hidden: true })
  onWakeLock(({ wished, held, sentence }) => {
    element.hidden = !wished || held
    element.title = sentence
  })
  if (heard()) keepAwake()
  return element
}

function makeCount(priority) {
  const [count, names] = [make('span'), make('span.names')]
  const element = make('a.count', { href: '/alerts' }, make('b', {}, MARKS[priority]), count, names)
  element.dataset.priority = priority
  const update = () => {
    const open = [...state.chairs.values()].flatMap((chair) =>
      openAlerts(chair).filter((alert) => alert.priority === priority).map((alert) => [chair, alert]))
    write(count, String(open.length))
    element.dataset.n = open.length
    element.setAttribute('aria-label', t`${PRIORITIES[priority]} alerts open: ${open.length}`)
    const elsewhere = open.find(([chair]) => location.pathname !== `/chair/${encodeURIComponent(chair.id)}`)
    const named = priority === 'high' && elsewhere && location.pathname !== '/' && innerWidth >= 900
    write(names, named ? `${elsewhere[0].name}: ${alertText(elsewhere[1], null)}` : '')
  }
  return { element, update }
}

function makeSound() {
  const element = item('a', 'speakerOff', '', { href: '/shift' })
  element.addEventListener('click', unlock)
  let sound = 'missing'
  const tell = () => {
    const last = heard()
    write(element.lastChild, sound === 'running' && last ? t`Sound tested ${hour(last.at)}` : SOUNDS[sound][1])
  }
  onSoundState((name) => {
    redraw(element.firstChild, SOUNDS[name][0])
    sound = name
    tell()
    element.classList.toggle('wanting', name !== 'running')
  })
  onPage(tell) // somebody may have heard it on the page just left
  return element
}

function tellOrder(order) {
  order.setAttribute('aria-label', orderOf() === 'need' ? t('Order: by need of attention') : t('Order: by chair'))
  write(order.lastChild, orderOf() === 'need' ? t('By need') : t('By chair'))
}

function turnOrder({ currentTarget }) {
  localStorage.setItem('vigil-order', orderOf() === 'need' ? 'chair' : 'need')
  tellOrder(currentTarget)
  dispatchEvent(new Event('vigil-order'))
}

function turnTheme() {
  const root = document.documentElement
  root.dataset.theme = root.dataset.theme === 'light' ? 'dark' : 'light'
  localStorage.setItem('vigil-theme', root.dataset.theme)
}

const TABS = [['/', 'order', t('Chairs')], ['/alerts', 'bell', t('Alerts')], ['/sessions', 'list', t('Sessions')], ['/shift', 'speaker', t('Shift')], ['/settings', 'pencil', t('Rules')], ['/sign-in', 'person', t('Sign in')]]

/** The tabs of a phone. */
export function mountTabs(host) {
  const links = TABS.map(([href, name, word]) => make('a', { href }, icon(name), make('span', {}, word)))
  host.setAttribute('aria-label', t('Pages'))
  host.append(...links)
  onActor((actor) => write(links.at(-1).lastChild, actor?.name ?? t('Sign in')))
  onPage((path) => {
    for (const link of links) {
      if (link.pathname === path) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    }
  })
}
