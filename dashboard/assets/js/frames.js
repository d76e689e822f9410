// One loop for everything that is drawn: curves, the flash, and texts that change with time. Nothing runs while the page is hidden.

const drawers = new Set()

/** `drawer(milliseconds)` is called before every painted frame, with the page's own clock; gives back how to end that. */
export function eachFrame(drawer) {
  if (!drawers.size) requestAnimationFrame(draw)
  drawers.add(drawer)
  return () => drawers.delete(drawer)
}

function draw(time) {
  if (drawers.size) requestAnimationFrame(draw)
  for (const drawer of drawers) drawer(time)
}
