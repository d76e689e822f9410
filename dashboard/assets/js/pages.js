// Which module fills which mount point, and how the page changes without being loaded anew.

import { t } from './text.js'

const MOUNTS = {
  'vigil-wall': () => import('./wall.js').then((module) => module.mountWall),
  'vigil-chair': () => import('./chair.js').then((module) => module.mountChair),
  'vigil-devices': () => import('./devices.js').then((module) => module.mountDevices),
  'vigil-trend': () => import('./trend.js').then((module) => module.mountTrend),
  'vigil-charting': () => import('./charting.js').then((module) => module.mountCharting),
  'vigil-session': () => import('./session.js').then((module) => module.mountSession),
  'vigil-alerts': () => import('./alerts.js').then((module) => module.mountAlerts),
  'vigil-shift': () => import('./shift.js').then((module) => module.mountShift),
  'vigil-settings': () => import('./settings.js').then((module) => module.mountSettings),
  'vigil-sessions': () => import('./sessions.js').then((module) => module.mountSessions),
  'vigil-review': () => import('./review.js').then((module) => module.mountReview),
  'vigil-what-if': () => import('./whatif.js').then((module) => module.mountWhatIf),
  'vigil-nowhere': () => import('./nowhere.js').then((module) => module.mountNowhere),
  'vigil-sign-in': () => import('./signin.js').then((module) => module.mountSignIn),
}

const mounted = new Map() // element → how to end what fills it
const followers = new Set()

/** Calls `follower(path)` at once and whenever another page is shown. */
export function onPage(follower) {
  followers.add(follower)
  follower(location.pathname)
}

/** Goes to another page of the house; Dash's Location hears of it as of a step back. */
export function go(path) {
  if (path === location.pathname) return
  if (path.startsWith('/chair/')) import('./trend.js').then(({ expectTrend }) => expectTrend(decodeURIComponent(path.slice('/chair/'.length))))
  history.pushState({}, '', path)
  dispatchEvent(new PopStateEvent('popstate'))
}

async function fill(element) {
  mounted.set(element, () => undefined)
  try {
    const mount = await MOUNTS[element.id]()
    if (element.isConnected) mounted.set(element, mount(element, element.dataset.chair) ?? (() => undefined))
  } catch (fault) {
    console.error(fault)
    element.textContent = t('This part of the page could not be loaded. Look at the bedside monitor.')
  }
}

function look() {
  for (const [element, end] of mounted) {
    if (element.isConnected) continue
    mounted.delete(element)
    end()
  }
  for (const id of Object.keys(MOUNTS)) {
    const element = document.getElementById(id)
    if (element && !mounted.has(element)) fill(element)
  }
  tellPage()
}

let told = ''
let page = null

function tellPage() {
  if (told === location.pathname) return
  if (told) page.focus({ preventScroll: true }) // what had the focus goes with its page
  told = location.pathname
  followers.forEach((follower) => follower(told))
}

function follow(event) {
  const link = event.target.closest?.('a[href]')
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
  if (!link || !plain || event.defaultPrevented || link.origin !== location.origin || link.target) return
  if (link.pathname.startsWith('/api/')) return
  event.preventDefault()
  go(link.pathname)
}

/** Fills what Dash has rendered and will render. */
export function startPages() {
  page = document.getElementById('vigil-page')
  page.tabIndex = -1
  new MutationObserver(look).observe(page, { childList: true })
  document.addEventListener('click', follow)
  addEventListener('popstate', tellPage)
  look()
}
