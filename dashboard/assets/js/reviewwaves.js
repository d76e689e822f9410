// The waves of a moment that has passed: asked from the API in pieces of half a minute, drawn on one time axis, all curves
// together. What was not recorded is hatched. Knows nothing of the live line: nothing here moves unless somebody plays it.

import { read } from './actions.js'
import { eachFrame } from './frames.js'
import { icon, redraw as redrawIcon } from './icons.js'
import { make, write } from './make.js'
import { t } from './text.js'
import { font, hatch, line, readColours } from './trendpen.js'
import { ECG, PLETH, RESP } from './waveforms.js'
import { hourAndSecond } from './walltime.js'
import { CURVES } from './words.js'

const SECOND = 1e6
const PIECE = 30 * SECOND
const MOST_PIECES = 16
const AGAIN_MS = 2000 // a piece that was not whole yet, or could not be had, is asked for again
const PX_PER_S = (25 * 96) / 25.4 // 25 mm/s
const [LEAST_S, MOST_S] = [10, 30]
const RULER = 22
const TOGETHER = 0.06 * SECOND // pieces nearer to one another than this are one
const STEP = 10 * SECOND
const KINDS = [
  [ECG, 'hr'],
  [PLETH, 'spo2'],
  [RESP, 'rr'],
]

/** Keeps what was asked of a session: {piecesOf(from, until)}; `changed()` is called when something came. `now()` is how far there is anything. */
export function makeWaveStore(session, now, changed) {
  const kept = new Map() // number → {waves, until, asked, failed}
  let over = false

  async function ask(number) {
    const piece = kept.get(number) ?? { waves: null, until: 0, failed: false }
    kept.delete(number)
    kept.set(number, Object.assign(piece, { asked: performance.now(), busy: true }))
    if (kept.size > MOST_PIECES) kept.delete(kept.keys().next().value)
    const until = Math.min(now(), (number + 1) * PIECE)
    const answer = await read(`sessions/${encodeURIComponent(session)}/waves?since=${number * PIECE}&until=${(number + 1) * PIECE}`)
    piece.busy = false
    piece.failed = answer === null
    if (answer) Object.assign(piece, { waves: answer.waves, until })
    if (!over) changed()
  }

  function need(number, until) {
    const piece = kept.get(number)
    const lacking = !piece || piece.failed || piece.until < Math.min(until, (number + 1) * PIECE)
    if (lacking && !piece?.busy && (!piece || performance.now() - piece.asked > AGAIN_MS)) ask(number)
  }

  /** What is known of [from, until): {waves, known, failed}. Asks for what is missing, and for the piece after it. */
  function look(from, until, ahead = false) {
    const end = Math.min(until, now())
    const numbers = []
    for (let number = Math.floor(from / PIECE); number * PIECE < end; number += 1) numbers.push(number)
    for (const number of numbers) need(number, end)
    if (ahead && numbers.length && (numbers.at(-1) + 1) * PIECE < now()) need(numbers.at(-1) + 1, end)
    const pieces = numbers.map((number) => kept.get(number)).filter(Boolean)
    return {
      waves: pieces.flatMap(({ waves }) => waves ?? []),
      known: numbers.map((number) => [number * PIECE, kept.get(number)?.waves ? Math.min(kept.get(number).until, (number + 1) * PIECE) : number * PIECE]),
      failed: pieces.some(({ failed }) => failed),
      busy: pieces.some(({ waves, busy }) => !waves && busy),
    }
  }

  return { look, end: () => (over = true) }
}

/** The curve of a kind to be shown: by preference, then by how much of it there is. */
export function chosenWave(waves, kind, from, until) {
  const much = new Map()
  for (const wave of waves) {
    const rank = kind.curves.indexOf(wave.name)
    if (rank < 0) continue
    const key = `${wave.name} ${wave.device}`
    const known = much.get(key) ?? { name: wave.name, rank, count: 0, waves: [] }
    known.waves.push(wave)
    for (const { at, samples } of wave.pieces) {
      const end = at + (samples.length / wave.rate_hz) * SECOND
      known.count += Math.max(0, Math.min(end, until) - Math.max(at, from))
    }
    much.set(key, known)
  }
  const fit = [...much.values()].filter(({ count }) => count > 0)
  return fit.sort((a, b) => a.rank - b.rank || b.count - a.count)[0] ?? null
}

/** The parts of [from, until) of which nothing was recorded; `spans` are those of which something was. */
export function holes(spans, from, until) {
  const found = []
  let come = from
  for (const [begin, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    if (begin - come > TOGETHER) found.push([come, Math.min(begin, until)])
    come = Math.max(come, end)
    if (come >= until) break
  }
  if (until - come > TOGETHER) found.push([come, until])
  return found.filter(([begin, end]) => end > begin)
}

const spansOf = ({ waves }) =>
  waves.flatMap(({ pieces, rate_hz }) => pieces.map(({ at, samples }) => [at, at + (samples.length / rate_hz) * SECOND]))

function rangeOf({ waves }, kind) {
  let [low, high] = [Infinity, -Infinity]
  for (const { pieces } of waves) {
    for (const { samples } of pieces) {
      for (const sample of samples) {
        if (sample < low) low = sample
        if (sample > high) high = sample
      }
    }
  }
  const scale = waves[0].scale
  const least = Math.max(scale ? kind.least / Math.abs(scale) : 0, 1)
  const [middle, half] = [(low + high) / 2, Math.max(high - low, least) * 0.55]
  return [middle - half, middle + half]
}

/**
 * The viewer: {element, at(), show(at), step(us), play(on), playing(), remove()}. `bounds()` gives [first, last] instant there is;
 * `onMoment({at, from, until})` is told whenever the moment moves; `ink(name)` the colour of a curve; `label` names the group.
 */
export function makeWaveView({ session, bounds, onMoment, label, grey = false }) {
  const canvas = make('canvas', { role: 'img', 'aria-label': t('Waves') })
  const host = make('div.wave-canvas', {}, canvas)
  const note = make('p.wave-note', { role: 'status' })
  const [when, span] = [make('strong'), make('span')]
  const title = make('p.wave-when', {}, when, span)
  const playIcon = icon('play')
  const playWord = make('span', {}, t('Play'))
  const view = { at: null, playing: false, drawn: 0, seconds: LEAST_S, width: 0, height: 0, dirty: true }
  const back = make('button.button.outlined', { type: 'button', onclick: () => step(-STEP), 'aria-label': t('Back 10 seconds') }, '−10 s')
  const forth = make('button.button.outlined', { type: 'button', onclick: () => step(STEP), 'aria-label': t('Forward 10 seconds') }, '+10 s')
  const run = make('button.button.outlined.play', { type: 'button', onclick: () => play(!view.playing) }, playIcon, playWord)
  const controls = make('div.wave-controls', { role: 'group', 'aria-label': label }, back, run, forth)
  const element = make('div.wave-view', {}, make('header', {}, title, controls), host, note)
  const store = makeWaveStore(session, () => bounds()[1], () => (view.dirty = true))

  const windowOf = () => {
    const half = (view.seconds * SECOND) / 2
    return { at: view.at, from: view.at - half, until: view.at + half }
  }

  function show(at) {
    const [first, last] = bounds()
    view.at = Math.min(last, Math.max(first, at))
    view.dirty = true
    onMoment(windowOf())
  }

  function step(us) {
    if (view.at !== null) show(view.at + us)
  }

  function play(on) {
    view.playing = on
    redrawIcon(playIcon, on ? 'paused' : 'play')
    write(playWord, on ? t('Stop') : t('Play'))
    run.setAttribute('aria-pressed', String(on))
  }

  const sized = new ResizeObserver(() => {
    const { clientWidth: width, clientHeight: height } = host
    const ratio = devicePixelRatio * (host.currentCSSZoom ?? 1)
    canvas.width = Math.round(width * ratio)
    canvas.height = Math.round(height * ratio)
    canvas.getContext('2d').setTransform(ratio, 0, 0, ratio, 0, 0)
    const seconds = Math.min(MOST_S, Math.max(LEAST_S, width / PX_PER_S))
    Object.assign(view, { width, height, seconds, dirty: true })
    if (view.at !== null) onMoment(windowOf())
  })
  sized.observe(host)
  const themed = new MutationObserver(() => draw())
  themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })

  let before = 0
  const leave = eachFrame((ms) => {
    const passed = Math.min(100, ms - before)
    before = ms
    if (view.playing && view.at !== null) {
      const [, last] = bounds()
      if (view.at >= last) play(false)
      else show(view.at + passed * 1000)
    }
    if (view.dirty) draw()
  })
  // A piece that could not be had, or was not whole yet, is looked for again.
  const again = setInterval(() => (view.dirty = true), AGAIN_MS)

  function draw() {
    view.dirty = false
    if (view.at === null || view.width < 40 || view.height < 40) return
    const { from, until } = windowOf()
    const [first, last] = bounds()
    const found = store.look(Math.max(from, first), Math.min(until, last), view.playing)
    drawWaves(canvas, { from, until, at: view.at, first, last, found, view, grey })
    const isWhole = Math.abs(view.width / view.seconds - PX_PER_S) < 0.5
    write(when, hourAndSecond(view.at))
    write(span, `${Math.round(view.seconds)} s${isWhole ? ' · 25 mm/s' : ''}`)
    write(note, found.failed ? t('The waves cannot be had: the server does not answer. Asked again.') : found.busy ? t('Waves are fetched from the record…') : '')
    host.dataset.curves = KINDS.map(([kind]) => chosenWave(found.waves, kind, from, until)?.name ?? '').join(' ').trim()
  }

  return {
    element,
    title,
    at: () => view.at,
    show,
    step,
    play,
    playing: () => view.playing,
    remove() {
      leave()
      clearInterval(again)
      sized.disconnect()
      themed.disconnect()
      store.end()
    },
  }
}

function drawWaves(canvas, scene) {
  const { from, until, at, first, last, view } = scene
  const ctx = canvas.getContext('2d')
  const colours = readColours(canvas)
  const x = (time) => ((time - from) / (until - from)) * view.width
  ctx.clearRect(0, 0, view.width, view.height)
  drawRuler(ctx, colours, scene, x)
  const height = (view.height - RULER) / KINDS.length
  KINDS.forEach(([kind, colour], index) => {
    drawRow(ctx, colours, { ...scene, kind, colour, x, top: RULER + index * height, height })
  })
  // Before the session's first and after its last moment there is nothing to be known.
  ctx.fillStyle = colours.ground
  ctx.globalAlpha = 0.6
  if (from < first) ctx.fillRect(0, 0, x(first), view.height)
  if (until > last) ctx.fillRect(x(last), 0, view.width - x(last), view.height)
  ctx.globalAlpha = 1
  line(ctx, colours['text-3'], 1, [[x(at), RULER - 4], [x(at), view.height]], [3, 4])
}

function drawRuler(ctx, colours, { from, until, view }, x) {
  ctx.font = font(colours, 12, 500)
  ctx.textAlign = 'center'
  ctx.textBaseline = 'middle'
  for (let time = Math.ceil(from / SECOND) * SECOND; time < until; time += SECOND) {
    const isFifth = Math.round(time / SECOND) % 5 === 0
    line(ctx, colours.line, 1, [[x(time), isFifth ? RULER - 6 : RULER - 3], [x(time), isFifth ? view.height : RULER]])
    if (!isFifth || x(time) < 30 || x(time) > view.width - 30) continue
    ctx.fillStyle = colours['text-3']
    ctx.fillText(hourAndSecond(time), x(time), 8)
  }
}

function drawRow(ctx, colours, row) {
  const { found, from, until, first, last, kind, colour, grey, top, height, view, x } = row
  const chosen = chosenWave(found.waves, kind, from, until)
  const spans = chosen ? spansOf(chosen) : []
  for (const [begin, end] of found.known) {
    if (end <= begin) continue
    const [low, high] = [Math.max(begin, from, first), Math.min(end, until, last)]
    if (high > low) for (const [open, close] of holes(spans, low, high)) hatch(ctx, colours['raised-2'], x(open), top + 4, x(close) - x(open), height - 8, 11)
  }
  const ink = grey ? colours['text-2'] : colours[colour]
  ctx.font = font(colours, 13, 600)
  ctx.textAlign = 'left'
  ctx.textBaseline = 'top'
  if (chosen) trace(ctx, ink, chosen, rangeOf(chosen, kind), row)
  ctx.fillStyle = ink
  const told = chosen ? CURVES[chosen.name] : found.busy ? '' : t`${kind.name}: nothing recorded here`
  const width = ctx.measureText(told).width
  ctx.save()
  ctx.globalAlpha = 0.8
  ctx.fillStyle = colours.tile
  ctx.fillRect(0, top + 2, told ? width + 8 : 0, 18)
  ctx.restore()
  ctx.fillStyle = chosen ? ink : colours['text-3']
  ctx.fillText(told, 2, top + 4, view.width)
}

function trace(ctx, ink, { waves }, [low, high], { from, until, top, height, x }) {
  const y = (sample) => top + 6 + ((high - sample) / (high - low)) * (height - 12)
  ctx.save()
  ctx.beginPath()
  ctx.rect(0, top, x(until), height)
  ctx.clip()
  Object.assign(ctx, { strokeStyle: ink, lineWidth: 1.75, lineJoin: 'round', lineCap: 'round' })
  for (const { pieces, rate_hz } of waves) {
    const each = SECOND / rate_hz
    for (const { at, samples } of pieces) {
      const begin = Math.max(0, Math.floor((from - at) / each))
      const end = Math.min(samples.length, Math.ceil((until - at) / each) + 1)
      if (begin >= end) continue
      ctx.beginPath()
      for (let index = begin; index < end; index += 1) ctx.lineTo(x(at + index * each), y(samples[index]))
      ctx.stroke()
    }
  }
  ctx.restore()
}
