// The DEMO mark over the numbers that a simulator or a recording drives. Drawn last, and put back when anything takes it away.
// It keeps clear of the canvases: what lies over one has to be blended anew with every frame.

import { make } from './make.js'
import { DEMO } from './words.js'

const intact = (host, mark) =>
  mark.parentNode === host && host.lastElementChild === mark && mark.textContent === DEMO && !mark.hasAttribute('style') &&
  !mark.hidden && mark.className === 'watermark'

/** {update(demo)}: the mark stays over `host` as long as `demo` was last said to be true. */
export function makeWatermark(host) {
  let mark = null
  const watcher = new MutationObserver(() => mark && !intact(host, mark) && draw())

  function draw() {
    mark?.remove()
    mark = make('div.watermark', {}, DEMO)
    host.append(mark)
    watcher.disconnect()
    watcher.observe(host, { childList: true })
    watcher.observe(mark, { attributes: true, childList: true, characterData: true, subtree: true })
  }

  function update(demo) {
    if (demo && !mark) draw()
    if (demo || !mark) return
    watcher.disconnect()
    mark.remove()
    mark = null
  }
  return { update }
}
