// All chairs on one screen, never scrolled: place on screen means place in the room. On a phone a list, by need.

import { eachOtherFrame } from './frames.js'
import { make } from './make.js'
import { need } from './model.js'
import { now, state, subscribe, wantWaves } from './stream.js'
import { t } from './text.js'
import { makeTile } from './tiles.js'
import { addStage, placeAll } from './waveforms.js'

const GRIDS = [[1, 1, 1], [2, 2, 1], [4, 2, 2], [6, 3, 2], [9, 3, 3], [12, 4, 3], [16, 4, 4]] // up to so many: columns, rows
const PHONE = 600 // px
const MOVE_MS = 10_000 // the order by need changes at most so often
const RENEW_MS = 450 // each tile's texts that change with time
const TURN_MS = 34 // between two turns
const LARGE = [880, 440]
const MEDIUM = [580, 310]
const SMALL = [300, 160]

/** Columns and rows for `count` chairs: by the table, or on a portrait screen those that make the greatest tiles. */
export function gridFor(count, width, height) {
  const side = Math.ceil(Math.sqrt(count))
  const [, columns, rows] = GRIDS.find(([most]) => count <= most) ?? [0, side, Math.ceil(count / side)]
  if (width >= height) return { columns, rows }
  const ways = Array.from({ length: count || 1 }, (_, i) => ({ columns: i + 1, rows: Math.ceil(count / (i + 1)) || 1 }))
  const size = (way) => Math.min(width / way.columns / LARGE[0], height / way.rows / LARGE[1])
  return ways.reduce((best, way) => (size(way) > size(best) ? way : best))
}

/** L, M, S or T (no curves: tens of chairs) by the tile's size; on a screen greater than 1920 × 1080 tiles grow instead of showing more. */
export function densityFor(width, height, screenWidth, screenHeight) {
  const long = Math.max(screenWidth, screenHeight) / 1920
  const short = Math.min(screenWidth, screenHeight) / 1080
  const scale = Math.max(1, Math.min(long, short))
  const holds = ([w, h]) => width / scale >= w && height / scale >= h
  return holds(LARGE) ? 'L' : holds(MEDIUM) ? 'M' : holds(SMALL) ? 'S' : 'T'
}

export const orderOf = () => localStorage.getItem('vigil-order') ?? 'chair'

/** Fills `host` with the wall; gives back how to end it. */
export function mountWall(host) {
  host.append(make('h1.unseen', {}, t('All chairs')))
  const list = host.appendChild(make('div.wall'))
  const stage = addStage(list, () => [...list.querySelectorAll('.tile:not(.empty)')])
  const tiles = new Map()
  let [next, movedAt, touched] = [0, 0, false]

  function populate() {
    for (const [id, tile] of tiles) if (!state.chairs.has(id)) drop(id, tile)
    for (const chair of state.chairs.values()) {
      if (tiles.has(chair.id)) continue
      const tile = makeTile(chair)
      tiles.set(chair.id, tile)
      list.append(tile.element)
      tile.update(chair, now())
    }
    arrange()
  }

  function drop(id, tile) {
    tile.remove()
    tile.element.remove()
    tiles.delete(id)
  }

  function arrange() {
    const { clientWidth: width, clientHeight: height } = host
    const phone = innerWidth < PHONE
    const { columns, rows } = gridFor(tiles.size, width, height)
    list.style.setProperty('--columns', columns)
    list.style.setProperty('--rows', rows)
    list.dataset.many = String(tiles.size > 8)
    list.dataset.list = String(phone)
    const zoom = host.currentCSSZoom ?? 1
    const density = phone ? 'P' : densityFor(width / columns - 12, height / rows - 12, innerWidth / zoom, innerHeight / zoom)
    for (const { element } of tiles.values()) {
      element.dataset.density = density === 'T' ? 'S' : density
      element.toggleAttribute('data-tiny', density === 'T')
    }
    wantWaves(density !== 'T')
    rank(true)
  }

  function take({ chair, changes }) {
    tiles.get(chair.id)?.take(changes, chair, now())
    if (!changes) rank(!touched)
  }

  /** Order by chair number, or by need: then nothing moves more often than every 10 s, and never under a finger. */
  function rank(atOnce = false) {
    const byNeed = innerWidth < PHONE || orderOf() === 'need'
    if (!atOnce && (!byNeed || touched || performance.now() - movedAt < MOVE_MS)) return
    movedAt = performance.now()
    const chairs = [...state.chairs.values()].filter(({ id }) => tiles.has(id))
    if (byNeed) chairs.sort((a, b) => need(b) - need(a) || a.index - b.index)
    const before = [...tiles.values()].map(({ element }) => element.style.order).join()
    chairs.forEach(({ id }, place) => (tiles.get(id).element.style.order = place))
    if ([...tiles.values()].map(({ element }) => element.style.order).join() !== before) requestAnimationFrame(placeAll)
  }

  /** Ages, countdowns and staleness: the tiles take turns, so that no frame bears them all. */
  function renew(ms) {
    const all = [...tiles]
    const due = Math.ceil((all.length * TURN_MS) / RENEW_MS)
    for (let i = 0; i < due && all.length; i += 1) {
      const [id, tile] = all[next++ % all.length]
      if (ms - (tile.renewed ?? -Infinity) < RENEW_MS) continue
      tile.renewed = ms
      tile.update(state.chairs.get(id), now())
    }
  }

  const endings = [
    subscribe((event, detail) => {
      if (event === 'welcome') populate()
      if (event === 'chair') take(detail)
      if (event === 'beat') rank()
    }),
    eachOtherFrame(renew),
  ]
  const sizes = new ResizeObserver(arrange)
  sizes.observe(host)
  for (const [name, held] of [['pointerdown', true], ['pointerup', false], ['pointercancel', false]])
    list.addEventListener(name, () => (touched = held))
  const reorder = () => rank(true)
  addEventListener('vigil-order', reorder)
  populate()

  return () => {
    endings.forEach((end) => end())
    sizes.disconnect()
    removeEventListener('vigil-order', reorder)
    wantWaves(true)
    for (const [id, tile] of tiles) drop(id, tile)
    stage.remove()
  }
}
