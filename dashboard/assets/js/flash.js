// The flash of high and medium alerts: two phases on the root element, by the server's clock, so that every tile of every
// screen is in step. 2.0 Hz and 0.6 Hz, half of the time on (alarms sheet §1.3). The style sheet says what flashes.

import { eachFrame } from './frames.js'
import { now, state } from './stream.js'

const HALF_US = { high: 250_000, medium: 833_333 }

export function startFlash(root = document.documentElement) {
  return eachFrame(() => {
    const at = now() / state.speed
    for (const [priority, half] of Object.entries(HALF_US)) {
      const phase = Math.floor(at / half) % 2 ? 'off' : 'on'
      if (root.dataset[priority] !== phase) root.dataset[priority] = phase
    }
  })
}
