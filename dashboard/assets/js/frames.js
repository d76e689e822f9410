// One loop for everything that is drawn: curves, the flash, and texts that change with time. Nothing runs while the page is hidden.

const APART_MS = 30 // every other frame of a usual screen
const drawers = new Set()
const calm = new Set()
let [drawn, awaited] = [0, false]

/** `drawer(milliseconds)` is called before every painted frame, with the page's own clock; gives back how to end that. */
export const eachFrame = (drawer) => join(drawers, drawer)

/** The same some thirty times a second, all in the same frames: a frame in which nothing changed costs next to nothing. */
export const eachOtherFrame = (drawer) => join(calm, drawer)

function join(them, drawer) {
  them.add(drawer)
  goOn()
  return () => them.delete(drawer)
}

function goOn() {
  if (awaited || !(drawers.size + calm.size)) return
  awaited = true
  requestAnimationFrame(draw)
}

function draw(time) {
  awaited = false
  goOn()
  for (const drawer of drawers) drawer(time)
  if (time - drawn < APART_MS) return
  drawn = time
  for (const drawer of calm) drawer(time)
}
