// A long past comes in steps as wide as a column of the screen, least and greatest value of each; who looks closer is given finer
// steps of what is in view, down to seconds.

import { refine } from './trenddata.js'

const SECOND = 1e6
const WAIT_MS = 200 // while the view still moves, nobody is asked

/** As many steps as an axis of this screen has columns: beside it stand names, values, and on wide screens another column of the page. */
export const columnsOf = () => Math.min(4000, Math.max(600, Math.round((innerWidth < 1100 ? 1 : 0.7) * innerWidth * devicePixelRatio)))

/** `ask(query)` gives a trend or null. begin(past), look(view, history, redraw), end(). */
export function makeDetail(ask) {
  let [coarse, fine, waiting, over] = [null, null, null, false]

  /** What is to be asked for so that `view` has a step for each column, or null: it has. */
  function wanted({ from, until }) {
    if (!coarse) return null
    const columns = columnsOf()
    const step = Math.max(1, Math.ceil((until - from) / SECOND / columns))
    const [low, high] = [Math.max(coarse.from, from), Math.min(coarse.until, until)]
    const known = fine && fine.from <= low && fine.until >= high ? fine.step_s : coarse.step_s
    if (high <= low || known <= step) return null
    const [since, end] = [Math.max(coarse.from, 2 * from - until), Math.min(coarse.until, 2 * until - from)] // a view more on both sides
    return { since: Math.floor(since), until: Math.ceil(end), columns: Math.min(8000, Math.max(100, Math.ceil((end - since) / SECOND / step))) }
  }

  async function fetchFine(query, history, redraw) {
    const of = coarse
    const detail = await ask(new URLSearchParams(query))
    if (!detail || over || of !== coarse) return
    refine(history, detail)
    fine = detail
    redraw()
  }

  function look(view, history, redraw) {
    clearTimeout(waiting)
    const query = wanted(view)
    if (query) waiting = setTimeout(() => fetchFine(query, history, redraw), WAIT_MS)
  }

  return {
    begin(past) {
      coarse = past
      fine = null
    },
    look,
    end() {
      over = true
      clearTimeout(waiting)
    },
  }
}
