// The page of an address that leads nowhere.

import { make } from './make.js'
import { t } from './text.js'

/** Fills `host`. */
export function mountNowhere(host) {
  host.replaceChildren(
    make('h1', {}, t('There is no page here.')),
    make('p', {}, t('Chairs, alerts and the start of shift can be reached from the wall.')),
    make('a', { href: '/' }, t('To the wall')),
  )
}
