// Starts everything of the live display, once, when the shell is there.

import { mountCover } from './cover.js'
import { startEscalation } from './escalation.js'
import { startFlash } from './flash.js'
import { startPages } from './pages.js'
import { startSight } from './sight.js'
import { startSoundBar } from './soundbar.js'
import { soundReady, startSounds } from './sounds.js'
import { connect, reportSound } from './stream.js'
import { mountTabs, mountTop } from './top.js'

function begin(shell) {
  mountTop(shell.querySelector('#vigil-top'))
  mountTabs(shell.querySelector('#vigil-tabs'))
  mountCover(shell.querySelector('#vigil-cover'))
  startFlash()
  startPages()
  startSoundBar()
  startSight()
  startEscalation()
}

function whenThere() {
  const shell = document.getElementById('vigil')
  if (shell) return begin(shell)
  const watcher = new MutationObserver(() => {
    const found = document.getElementById('vigil')
    if (!found) return
    watcher.disconnect()
    begin(found)
  })
  watcher.observe(document.body, { childList: true, subtree: true })
}

startSounds()
reportSound(soundReady)
connect()
whenThere()
